import { collector } from './collector.ts'
import { counter, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/vmstat`: events of the memory management, by the kernel's own names.
 *
 *     nr_free_pages 5173374
 *     allocstall_normal 12
 *
 * `nr_*` are gauges in pages, nearly all others counters since boot. The set changes with every version: what a kernel
 * does not count is not in the map. E.g. allocstall is one line up to Linux 4.9 and one a zone since (allocstall_dma …),
 * pgscan_direct likewise one a zone up to 4.7; oom_kill since 4.13, workingset_refault_file since 5.9 (before:
 * workingset_refault), compact_* with CONFIG_COMPACTION. Kernel: mm/vmstat.c
 */
export type VMStat = ReadonlyMap<string, number>

export function parseVmstat(text: string): VMStat {
  return new Map(
    lines(text).map(line => {
      const blank = line.indexOf(' ')
      if (blank < 1) throw new Malformed('a line without a name and a value')
      const name = line.slice(0, blank)
      return [name, counter(line.slice(blank + 1), name)]
    }),
  )
}

export const vmstat = collector({
  name: 'vmstat',
  source: '/proc/vmstat',
  absentWhen: 'the kernel lacks CONFIG_VM_EVENT_COUNTERS and CONFIG_PROC_FS',
  collect: host => parsed('/proc/vmstat', host.read('/proc/vmstat'), parseVmstat),
})
