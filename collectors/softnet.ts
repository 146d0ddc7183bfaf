import { collector } from './collector.ts'
import { fields, hexCounter, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/1/net/softnet_stat`: received packets in softirq context, one line an online CPU. The same in every namespace.
 *
 *     000334ae 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 …
 *
 * Hexadecimal, 32 bits: processed, dropped (backlog longer than net.core.netdev_max_backlog), time_squeeze (budget or time
 * used up with packets left), 5 unused, cpu_collision; received_rps since Linux 2.6.35 (10 columns), flow_limit_count since
 * 3.11 (11), backlog_len (gauge) and the CPU's number since 5.10 (13), the two parts of backlog_len since 6.6 (15). Counters else.
 * Kernel: net/core/net-procfs.c
 */
export interface SoftnetCPU {
  /** The CPU's number; before Linux 5.10 that of the line, which is not the same where CPUs are offline. */
  readonly cpu: number
  readonly processed: number
  readonly dropped: number
  readonly time_squeeze: number
  readonly flow_limit_count: number
}

const PATH = '/proc/1/net/softnet_stat'

export function parseSoftnet(text: string): SoftnetCPU[] {
  return lines(text).map((line, index) => {
    const columns = fields(line)
    if (columns.length < 9) throw new Malformed(`${columns.length} columns instead of 9 to 15`)
    const at = (column: number): number => hexCounter(columns[column], `column ${column + 1} of line ${index + 1}`)
    return {
      cpu: columns.length >= 13 ? at(12) : index,
      processed: at(0),
      dropped: at(1),
      time_squeeze: at(2),
      flow_limit_count: columns.length >= 11 ? at(10) : 0,
    }
  })
}

export const softnet = collector({
  name: 'softnet',
  source: PATH,
  absentWhen: 'the kernel lacks CONFIG_NET',
  collect: host => parsed(PATH, host.read(PATH), parseSoftnet),
})
