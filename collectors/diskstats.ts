import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { counter, fault, fields, lines, Malformed, parsed, type Reading } from './reading.ts'

/**
 * `/proc/diskstats`: one line a block device and partition.
 *
 *     253 0 vda 4117 1 139874 1061 5270 3311 130784 6322 0 6588 7384 0 0 0 0 0 0
 *
 * major, minor, name, then reads, reads merged, sectors read, ms reading, the same four for writes, requests in flight
 * (gauge), io_ticks, time_in_queue; discards (4 columns) since Linux 4.18, flushes (2) since 5.5. Counters since boot but
 * for `inFlight`; sectors are of 512 bytes whatever the device says. Kernel: Documentation/admin-guide/iostats.rst
 */
export interface DiskStats {
  /** `major:minor` */
  readonly dev: string
  readonly name: string
  readonly reads: number
  readonly readSectors: number
  readonly readMs: number
  readonly writes: number
  readonly writeSectors: number
  readonly writeMs: number
  readonly inFlight: number
  /** ms with at least one request in flight. */
  readonly ioTicksMs: number
  /** ms of all requests together: the integral of requests in flight. */
  readonly queueMs: number
  readonly discards: number
  readonly discardSectors: number
  readonly discardMs: number
  readonly flushes: number
  readonly flushMs: number
}

const PATH = '/proc/diskstats'
const COLUMNS = [14, 18, 20]

export function parseDiskstats(text: string): DiskStats[] {
  return lines(text).map(line => {
    const f = fields(line)
    // A kernel newer than us may append columns; fewer than known, or a count between two kernels, is damage.
    if (!COLUMNS.includes(f.length) && f.length < 20) throw new Malformed(`${f.length} columns instead of 14, 18 or 20`)
    const at = (index: number): number => (index < f.length ? counter(f[index], `column ${index + 1} of ${f[2]}`) : 0)
    return {
      dev: `${at(0)}:${at(1)}`,
      name: f[2]!,
      reads: at(3),
      readSectors: at(5),
      readMs: at(6),
      writes: at(7),
      writeSectors: at(9),
      writeMs: at(10),
      inFlight: at(11),
      ioTicksMs: at(12),
      queueMs: at(13),
      discards: at(14),
      discardSectors: at(16),
      discardMs: at(17),
      flushes: at(18),
      flushMs: at(19),
    }
  })
}

export const diskstats = collector({
  name: 'diskstats',
  source: PATH,
  absentWhen: 'a diskless machine, or a kernel without block layer (CONFIG_BLOCK)',
  collect(host): Reading<DiskStats[]> {
    const text = host.read(PATH)
    // A machine that runs from memory or over the network has the file and nothing in it.
    if (text.ok && text.value === '' && hasNoDisks(host)) return fault('Absent', `${PATH} is empty: no block device`)
    return parsed(PATH, text, parseDiskstats)
  },
})

function hasNoDisks(host: Host): boolean {
  const devices = host.list('/sys/block')
  return devices.ok && devices.value.length === 0
}
