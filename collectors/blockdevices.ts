import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { ok, type Reading } from './reading.ts'

/**
 * `/sys/block/<name>/…`: what a disk is made of and whether it answers at all.
 *
 *     dm-0: dm/name = vg0-orders, dm/suspended = 0, slaves/{vdb}     vda: device/state = running
 *
 * Everything is a gauge. Needs sysfs. `device/state` is SCSI's and NVMe's (running, live, offline, dead …).
 * Kernel: Documentation/ABI/stable/sysfs-block, Documentation/ABI/testing/sysfs-block-dm, sysfs-bus-*
 */
export interface BlockDevice {
  readonly name: string
  /** Name given by device mapper, e.g. `vg0-orders` of dm-0. */
  readonly mapperName: string | null
  readonly suspended: boolean
  /** Devices below this one: dm and md members. */
  readonly members: readonly string[]
  /** File behind a loop device, in the namespace of who set it up. */
  readonly backingFile: string | null
  readonly state: string | null
  /** False where `queue/iostats` is 0: its columns in diskstats stand still. */
  readonly counts: boolean
}

/** Memory, floppies and CD-ROMs: never a node's disk. */
export const NEVER_A_DISK = /^(ram|zram|fd|sr)\d+$/

export const blockdevices = collector({
  name: 'blockdevices',
  source: '/sys/block',
  absentWhen: 'sysfs is not mounted (CONFIG_SYSFS)',
  collect: (host): Reading<BlockDevice[]> => {
    const names = host.list('/sys/block')
    return names.ok
      ? ok(names.value.filter(name => !NEVER_A_DISK.test(name)).map(name => readDevice(host, name)))
      : names
  },
})

/** Drivers whose devices tell whether they still answer. */
const HAS_STATE = /^(sd|nvme)/

/** Only what a device of its kind has is asked for: a file that is missing costs more than one that is there. */
function readDevice(host: Host, name: string): BlockDevice {
  const base = `/sys/block/${name}`
  const line = (file: string): string | null => firstLine(host.read(`${base}/${file}`))
  const mapper = name.startsWith('dm-')
  // Up to Linux 5.10 these say iostats 0, and count all the same.
  const bioBased = mapper || name.startsWith('md')
  const unused = name.startsWith('loop') && line('size') === '0'
  return {
    name,
    mapperName: mapper ? line('dm/name') : null,
    suspended: mapper && line('dm/suspended') === '1',
    members: bioBased ? listed(host.list(`${base}/slaves`)) : [],
    backingFile: name.startsWith('loop') && !unused ? line('loop/backing_file') : null,
    state: HAS_STATE.test(name) ? line('device/state') : null,
    counts: unused || bioBased || line('queue/iostats') !== '0',
  }
}

const listed = (names: Reading<string[]>): string[] => (names.ok ? names.value : [])
const firstLine = (text: Reading<string>): string | null => (text.ok ? text.value.split('\n', 1)[0]! : null)
