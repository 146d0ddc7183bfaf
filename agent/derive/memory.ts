import type { Memory } from '../../collectors/memory.ts'
import type { VMStat } from '../../collectors/vmstat.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, intervalOf, quotient, ratePerSecond, readingOf, type Step } from './step.ts'

const MIB = 1024 * 1024

const size = (help: string, worse: 'up' | 'down' | 'neither' = 'neither') =>
  ({ unit: 'bytes', subject: 'Node', worse, help }) as const
const ratio = (help: string, worse: 'up' | 'down') => ({ unit: 'ratio', subject: 'Node', worse, help }) as const
const rate = (help: string) => ({ unit: 'perSecond', subject: 'Node', worse: 'up', help }) as const

export const memorySignals = {
  'memory.totalBytes': size('Memory that the kernel manages (MemTotal)'),
  'memory.freeBytes': size('Used for nothing (MemFree)'),
  'memory.availableBytes': size(
    'What a new process could get without swapping (MemAvailable; estimated before Linux 3.14)',
    'down',
  ),
  'memory.availableRatio': ratio('MemAvailable over MemTotal without huge pages', 'down'),
  'memory.lineBytes': size("The line below which memory is short: the kubelet's eviction level and a margin of 2 %"),
  'memory.marginBytes': size('MemAvailable above the line; negative below it', 'down'),
  'memory.availableOfLineRatio': ratio(
    'MemAvailable over the line below which memory is short: 1 is at the line',
    'down',
  ),
  'memory.cachedBytes': size('Page cache (Cached, Buffers)'),
  'memory.activeFileBytes': size('Page cache in use, which the kubelet counts as used: Active(file)'),
  'memory.inactiveFileBytes': size('Page cache not in use: Inactive(file)'),
  'memory.anonymousBytes': size('Memory of processes that no file backs (AnonPages)'),
  'memory.dirtyBytes': size('Waits to be written (Dirty)'),
  'memory.slabUnreclaimableBytes': size('Kernel objects that cannot be given back (SUnreclaim)', 'up'),
  'memory.hugepagesBytes': size('Set aside as huge pages (Hugetlb)'),
  'memory.swapTotalBytes': size('Swap (SwapTotal)'),
  'memory.swapUsedBytes': size('Swap in use', 'up'),
  'vmstat.allocstallPerSecond': rate('Allocations that had to reclaim memory of the node themselves (allocstall_*)'),
  'vmstat.pgscan_directPerSecond': rate('Pages looked at by such allocations (pgscan_direct)'),
  'vmstat.pgmajfaultPerSecond': rate('Page faults that had to read (pgmajfault)'),
  'vmstat.workingset_refault_filePerSecond': rate('Pages of files read again soon after they were thrown out'),
  'vmstat.pswpinPerSecond': rate('Pages swapped in (pswpin)'),
  'vmstat.pswpoutPerSecond': rate('Pages swapped out (pswpout)'),
  'vmstat.oom_killPerSecond': rate('Processes killed for memory, in any cgroup (oom_kill), Linux 4.13'),
  'vmstat.compact_stallPerSecond': rate('Allocations that had to compact memory first (compact_stall)'),
  'vmstat.compact_failPerSecond': rate('Of these, in vain (compact_fail)'),
  'vmstat.compact_successPerSecond': rate('Of these, with success (compact_success)'),
} as const satisfies Record<string, SignalDefinition>

type MemorySignal = keyof typeof memorySignals

const LINES: readonly (readonly [MemorySignal, string])[] = [
  ['memory.totalBytes', 'MemTotal'],
  ['memory.freeBytes', 'MemFree'],
  ['memory.activeFileBytes', 'Active(file)'],
  ['memory.inactiveFileBytes', 'Inactive(file)'],
  ['memory.anonymousBytes', 'AnonPages'],
  ['memory.dirtyBytes', 'Dirty'],
  ['memory.slabUnreclaimableBytes', 'SUnreclaim'],
  ['memory.swapTotalBytes', 'SwapTotal'],
]

const ofZones = (name: string): string[] =>
  ['', '_dma', '_dma32', '_normal', '_high', '_movable', '_device'].map(zone => name + zone)

/** Kernel counters of each rate; those that this kernel has are added up. Both of per-zone families count global reclaim only, no cgroup at its limit. */
const COUNTERS: readonly (readonly [MemorySignal, readonly string[]])[] = [
  ['vmstat.allocstallPerSecond', ofZones('allocstall')],
  ['vmstat.pgscan_directPerSecond', ofZones('pgscan_direct')],
  ['vmstat.pgmajfaultPerSecond', ['pgmajfault']],
  // One counter for both kinds of pages before Linux 5.9.
  ['vmstat.workingset_refault_filePerSecond', ['workingset_refault_file', 'workingset_refault']],
  ['vmstat.pswpinPerSecond', ['pswpin']],
  ['vmstat.pswpoutPerSecond', ['pswpout']],
  ['vmstat.oom_killPerSecond', ['oom_kill']],
  ['vmstat.compact_stallPerSecond', ['compact_stall']],
  ['vmstat.compact_failPerSecond', ['compact_fail']],
  ['vmstat.compact_successPerSecond', ['compact_success']],
]

export const memory = derivation({
  start: null,
  step(state, step) {
    const now = readingOf(step.curr, 'memory')
    if (now) setSizes(now, step)
    setRates(step)
    return { state, facts: null }
  },
})

function setSizes(now: Memory, { signals }: Step): void {
  const set = (name: MemorySignal, value: number | undefined) => signals.set(name, 'node', value)
  for (const [signal, line] of LINES) set(signal, now.get(line))
  set('memory.cachedBytes', difference(now.get('Cached'), -(now.get('Buffers') ?? 0)))
  set('memory.swapUsedBytes', difference(now.get('SwapTotal'), now.get('SwapFree')))
  const hugepages = hugepagesBytes(now)
  const total = now.get('MemTotal')! - hugepages
  const available = now.get('MemAvailable') ?? estimatedAvailable(now)
  const line = shortLineBytes(total)
  set('memory.hugepagesBytes', hugepages)
  set('memory.availableBytes', available)
  set('memory.availableRatio', quotient(available, total))
  set('memory.lineBytes', line)
  set('memory.marginBytes', difference(available, line))
  set('memory.availableOfLineRatio', quotient(available, line))
}

const difference = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a - b

/** Huge pages of all sizes; of the default size only where the kernel does not add them up. They are never MemAvailable. */
function hugepagesBytes(now: Memory): number {
  return now.get('Hugetlb') ?? (now.get('HugePages_Total') ?? 0) * (now.get('Hugepagesize') ?? 0)
}

/**
 * MemAvailable as kernels since 3.14 reckon it (mm/page_alloc.c, si_mem_available): free memory, page cache and slab without
 * what the low watermark keeps of each. That is in zoneinfo, but follows from the size of memory (min_free_kbytes).
 */
function estimatedAvailable(now: Memory): number | undefined {
  const [active, inactive] = [now.get('Active(file)'), now.get('Inactive(file)')]
  if (active === undefined || inactive === undefined) return undefined
  const low = 1.25 * Math.sqrt((16 * now.get('MemTotal')!) / 1024) * 1024
  const given = (bytes: number): number => bytes - Math.min(bytes / 2, low)
  const slab = now.get('SReclaimable') ?? 0
  return Math.round(Math.max(now.get('MemFree')! - low + given(active + inactive) + given(slab), 0))
}

/** The kubelet's default evictionHard memory.available, and room to act before it: 2 % of memory, at least 100 MiB, at most 2 GiB. */
function shortLineBytes(totalBytes: number): number {
  return Math.round(100 * MIB + Math.min(Math.max(0.02 * totalBytes, 100 * MIB), 2048 * MIB))
}

function setRates(step: Step): void {
  const interval = intervalOf(step, 'vmstat')
  if (interval === null) return
  const { before, after, seconds } = interval
  for (const [signal, names] of COUNTERS)
    step.signals.set(signal, 'node', ratePerSecond(total(before, names), total(after, names), seconds))
}

/** Undefined where the kernel counts none of them. */
function total(counters: VMStat, names: readonly string[]): number | undefined {
  let sum: number | undefined
  for (const name of names) {
    const value = counters.get(name)
    if (value !== undefined) sum = (sum ?? 0) + value
  }
  return sum
}
