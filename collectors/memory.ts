import { collector } from './collector.ts'
import { counter, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/meminfo`: what the memory is used for (gauges), by the kernel's own names.
 *
 *     MemTotal:       24684092 kB
 *     HugePages_Total:       0
 *
 * Lines in kB (of 1024) are given in bytes; `HugePages_*` are numbers of pages of `Hugepagesize`. A line with neither is
 * left out: cut off, or of a kernel that we do not know. Which lines there are depends on version and options: MemAvailable
 * since Linux 3.14, KReclaimable 4.20, Hugetlb (all sizes) 4.18. MemTotal and MemFree are always there.
 * Kernel: Documentation/filesystems/proc.rst
 */
export type Memory = ReadonlyMap<string, number>

export function parseMeminfo(text: string): Memory {
  const memory = new Map<string, number>()
  for (const line of lines(text)) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new Malformed('a line without a name')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    if (value.endsWith(' kB')) memory.set(name, counter(value.slice(0, -3), name) * 1024)
    else if (name.startsWith('HugePages_')) memory.set(name, counter(value, name))
  }
  for (const name of ['MemTotal', 'MemFree']) if (!memory.has(name)) throw new Malformed(`no line "${name}" in kB`)
  return memory
}

export const memory = collector({
  name: 'memory',
  source: '/proc/meminfo',
  absentWhen: 'never on Linux',
  collect: host => parsed('/proc/meminfo', host.read('/proc/meminfo'), parseMeminfo),
})
