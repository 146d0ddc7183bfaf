import type { Machine } from './machine.ts'
import type { Scenario } from './scenario.ts'
import { sick } from './sick.ts'

/** What older kernels print, over the files that have not changed since. */
interface Kernel {
  readonly name: string
  readonly host: readonly string[]
  readonly without: readonly string[]
  change?(machine: Machine): void
}

const KERNELS: readonly Kernel[] = [
  // The kernel itself wrote them.
  { name: 'Linux 5.10', host: ['worker', 'kernel-5.10'], without: [] },
  // No PSI before 4.20; diskstats of 18 and 14 columns, softnet_stat of 11 and 10.
  { name: 'Linux 4.18', host: ['worker', 'kernel-4.18'], without: ['proc/pressure'] },
  // No MemAvailable before 3.14, one allocstall, reclaim counted by zone.
  { name: 'Linux 3.10', host: ['worker', 'kernel-3.10'], without: ['proc/pressure'] },
  {
    name: 'Linux 2.6.32, with mounts and net outside of pid 1',
    host: ['worker', 'kernel-3.10'],
    without: ['proc/pressure', 'sys/fs', 'proc/fs'],
    change: likeOldest,
  },
]

/** Faults that any kernel shows. */
const FAULTS = [
  'memory is fragmented and compaction fails',
  'a hung disk',
  'a disk saturated by the log of one container',
]

export const old: readonly Scenario[] = KERNELS.flatMap(kernel => [
  on(kernel, { name: 'healthy', seconds: 240 }),
  ...sick.filter(({ name }) => FAULTS.includes(name)).map(scenario => on(kernel, scenario)),
])

function on({ name, host, without, change }: Kernel, scenario: Scenario): Scenario {
  return {
    ...scenario,
    name: `${scenario.name}, on ${name}`,
    host,
    frame(machine, when) {
      scenario.frame?.(machine, when)
      machine.remove(...without)
      change?.(machine)
    },
  }
}

/** softnet_stat of 9 columns, net/dev without a blank behind the colon, an incomplete copy of /proc: `net`, `mounts`. */
function likeOldest(machine: Machine): void {
  machine.edit('proc/1/net/softnet_stat', text => text.replace(/ \S+$/gm, ''))
  machine.edit('proc/1/net/dev', text => text.replace(/^( *\w+): +/gm, '$1:'))
  machine.edit('proc/1/mountinfo', text =>
    text.replace(/^\S+ \S+ \S+ \S+ (\S+) (\S+) .*- (\S+) (\S+) .*$/gm, '$4 $1 $3 $2 0 0'),
  )
  for (const [path, entry] of [...machine.files]) {
    if (!path.startsWith('proc/1/')) continue
    machine.put(path.replace('proc/1/mountinfo', 'proc/mounts').replace('proc/1/', 'proc/'), entry)
  }
  machine.remove('proc/1')
}
