import { collector } from './collector.ts'
import { fields, hexCounter, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/1/net/stat/nf_conntrack`: what became of packets in connection tracking, a line of names and one a CPU.
 *
 *     entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop …
 *     000005cf  00000000 000003e8 00000000 000000b2 00000000 00000000 00000000 00000000 00000003 00000000 00000000 …
 *
 * Hexadecimal, 32 bits. `entries` (gauge) is the total of the namespace, the same on every line; all others are counters
 * of that CPU. `searched` is now `clashres`, `delete_list` is `chainlength`: the names count, not the columns. Needs the module nf_conntrack and CONFIG_NF_CONNTRACK_PROCFS, which some kernels leave out.
 * Kernel: net/netfilter/nf_conntrack_standalone.c
 */
export interface ConntrackStat {
  readonly entries: number
  /** All CPUs together, by the kernel's names; without `entries`. */
  readonly total: ReadonlyMap<string, number>
}

const PATH = '/proc/1/net/stat/nf_conntrack'

export function parseConntrackStat(text: string): ConntrackStat {
  const [header, ...rows] = lines(text)
  const names = fields(header!)
  if (names[0] !== 'entries') throw new Malformed('no line of names that begins with "entries"')
  if (rows.length === 0) throw new Malformed('no line of a CPU')
  const sums = new Array<number>(names.length).fill(0)
  let entries = 0
  for (const row of rows) {
    const values = fields(row)
    if (values.length !== names.length) throw new Malformed(`${values.length} columns instead of ${names.length}`)
    entries = hexCounter(values[0], 'entries')
    for (let i = 1; i < values.length; i++) sums[i]! += hexCounter(values[i], names[i]!)
  }
  return { entries, total: new Map(names.map((name, i) => [name, sums[i]!] as const).slice(1)) }
}

export const conntrackstat = collector({
  name: 'conntrackstat',
  source: PATH,
  absentWhen: 'the module nf_conntrack is not loaded, or the kernel lacks CONFIG_NF_CONNTRACK_PROCFS',
  collect: host => parsed(PATH, host.read(PATH), parseConntrackStat),
})
