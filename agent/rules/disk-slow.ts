import type { Disk } from '../derive/disk-stack.ts'
import { duration } from '../words.ts'
import { diskInWords, diskSubject, faultLiesBelow, uncountedDisks } from './disk-subjects.ts'
import {
  evidence,
  isBad,
  type Levels,
  type Observation,
  type Rule,
  type Stance,
  stanceOf,
  type View,
  type Words,
} from './rule.ts'

/** A queue this deep makes latency by Little's law alone: the device is asked for more than it can do. */
const DEEP_QUEUE = 16
/** Saturation hurts somebody when tasks wait for it, or reads and flushes do. */
const PRESSURE_RATIO = 0.1
const FOREGROUND_AWAIT_MS = 100
const BUSY_RATIO = 0.9

export const diskSlow: Rule = {
  id: 'DiskSlow',
  kind: 'condition',
  severity: 'warning',
  summary: 'A disk answers reads or writes slowly.',
  subject: 'Disk',
  needs: ['diskstats'],
  uses: ['blockdevices', 'pressure'],
  triggers: [
    {
      name: 'level',
      signal: 'disk.awaitMs',
      unit: 'ms',
      direction: 'above',
      raise: 500,
      clear: 200,
      critical: 5000,
      reason: 'DiskLatencyHigh',
      forMs: 30_000,
      also: 'reason DiskSaturated where the mean queue is deeper than 16; info only, unless io PSI full > 10 % (without PSI: a task waits for I/O) or read or flush await > 100 ms',
      observe,
    },
  ],
  remedy:
    'See who writes (`pidstat -d 1`, `iostat -x 1`) and stop or limit them; on a cloud disk compare IOPS and MB/s with what its type allows.',
}

function observe(view: View, levels: Levels): Observation[] | null {
  const { disks } = view.facts
  const measured = disks.filter(disk => view.signals.get('disk.utilizationRatio', disk.name) !== undefined)
  if (disks.length > 0 && measured.length === 0) return null
  const isSlow = (disk: Disk) => isBad(stance(view, disk, levels))
  const observations = measured.map((disk): Observation => {
    const below = isSlow(disk) && faultLiesBelow(disk, view.facts, isSlow)
    return {
      subject: diskSubject(disk),
      stance: below ? 'clear' : stance(view, disk, levels),
      words: () => describe(view, disk),
    }
  })
  return [...observations, ...uncountedDisks(view)]
}

/** A disk that has nothing to do is not slow; one at work that completes next to nothing cannot be told. */
function stance({ signals }: View, disk: Disk, levels: Levels): Stance {
  const awaitMs = signals.get('disk.awaitMs', disk.name)
  if (awaitMs !== undefined) return stanceOf(awaitMs, 'above', levels)
  const busy = (signals.get('disk.utilizationRatio', disk.name) ?? 0) >= BUSY_RATIO
  return busy || (signals.get('disk.stalledRequests', disk.name) ?? 0) > 0 ? 'unmeasured' : 'clear'
}

function describe({ signals }: View, disk: Disk): Words {
  const of = (name: Parameters<typeof signals.get>[0]) => signals.get(name, disk.name)
  const readAwaitMs = of('disk.readAwaitMs')
  const writeAwaitMs = of('disk.writeAwaitMs')
  const flushAwaitMs = of('disk.flushAwaitMs')
  const saturated = (of('disk.windowQueueLength') ?? 0) > DEEP_QUEUE
  const hurts = tasksWait(signals) || Math.max(readAwaitMs ?? 0, flushAwaitMs ?? 0) > FOREGROUND_AWAIT_MS
  const normal = of('disk.normalAwaitMs')
  const usually = normal === undefined ? '' : ` (normal ${duration(normal)})`
  const what = of('disk.awaitMs') === of('disk.writeWindowAwaitMs') ? 'writes' : 'reads'
  return {
    reason: saturated ? 'DiskSaturated' : 'DiskLatencyHigh',
    ...(saturated && !hurts ? { atMost: 'info' as const } : {}),
    badness: of('disk.awaitMs') ?? 0,
    message: `${diskInWords(disk)} answers ${what} in ${duration(of('disk.awaitMs') ?? 0)}${usually}`,
    evidence: evidence({
      awaitMs: of('disk.awaitMs'),
      readAwaitMs,
      writeAwaitMs,
      flushAwaitMs,
      queueLength: of('disk.queueLength'),
      utilizationRatio: of('disk.utilizationRatio'),
      readsPerSecond: of('disk.readsPerSecond'),
      writesPerSecond: of('disk.writesPerSecond'),
      readBytesPerSecond: of('disk.readBytesPerSecond'),
      writeBytesPerSecond: of('disk.writeBytesPerSecond'),
    }),
  }
}

/** Without PSI any task that waits will do; without anybody to ask it is not said that it is harmless. */
function tasksWait(signals: View['signals']): boolean {
  const full = signals.get('pressure.ioFullRatio')
  return full === undefined ? (signals.get('cpu.procsBlocked') ?? 1) > 0 : full > PRESSURE_RATIO
}
