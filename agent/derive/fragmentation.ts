import type { FreeBlocks } from '../../collectors/buddyinfo.ts'
import type { VMStat } from '../../collectors/vmstat.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, growth, quotient, readingOf, type Step } from './step.ts'
import { slide, type Timed } from './window.ts'

const ORDERS = [3, 4, 5, 6, 7, 8, 9, 10] as const

const unusable = (order: (typeof ORDERS)[number]) =>
  ({
    unit: 'ratio',
    subject: 'Zone',
    worse: 'up',
    help: `Share of the zone's free memory in blocks too small for 2^${order} pages`,
  }) as const

export const fragmentationSignals = {
  'zone.freePages': { unit: 'count', subject: 'Zone', worse: 'down', help: 'Free pages of the zone (buddyinfo)' },
  'zone.largestFreeOrder': { unit: 'count', subject: 'Zone', worse: 'down', help: 'Order of the largest free block' },
  'zone.unusableOrder3Ratio': unusable(3),
  'zone.unusableOrder4Ratio': unusable(4),
  'zone.unusableOrder5Ratio': unusable(5),
  'zone.unusableOrder6Ratio': unusable(6),
  'zone.unusableOrder7Ratio': unusable(7),
  'zone.unusableOrder8Ratio': unusable(8),
  'zone.unusableOrder9Ratio': unusable(9),
  'zone.unusableOrder10Ratio': unusable(10),
  'numa.unusableRatio': {
    unit: 'ratio',
    subject: 'NUMANode',
    worse: 'up',
    help: "Share of free memory in blocks smaller than 64 KiB, over the NUMA node's main zones",
  },
  'memory.unusableRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Share of free memory in blocks smaller than 64 KiB on the NUMA node that has the least of it so',
  },
  'memory.compactStallsPerMinute': {
    unit: 'count',
    subject: 'Node',
    worse: 'up',
    help: 'Allocations that had to compact memory first, over up to 60 s (compact_stall)',
  },
  'memory.compactFailRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Share of these that compacted in vain (compact_fail)',
  },
} as const satisfies Record<string, SignalDefinition>

/** Large enough for stacks, page tables of containers and network buffers (orders 1-4 at 4 KiB), whatever the page size. */
const BLOCK_BYTES = 64 * 1024
const MAIN_ZONES_RATIO = 0.8
/** Zone DMA of x86 has 16 MiB and always keeps some blocks: it must not hide the others. On arm64 it may be all there is. */
const ISA_DMA_PAGES = 4096
const WINDOW_MS = 60_000

/** What the rule needs to know beside the signals. */
interface Fragmentation {
  /** By NUMA node, largest first: the zones that matter. */
  readonly mainZones: ReadonlyMap<string, readonly string[]>
  /** False where the kernel lacks CONFIG_COMPACTION: then nobody can say that compaction fails. */
  readonly compacts: boolean
  /** How long no allocation has compacted in vain, as far as it was watched; 0 where that is not known. */
  readonly quietMs: number
}

interface Compaction extends Timed {
  readonly stalls: number
  readonly fails: number
}

interface State {
  readonly window: readonly Compaction[]
  /** The last sample before which compaction failed, or the first one. */
  readonly failedAtMs: number
}

const START: State = { window: [], failedAtMs: 0 }

export const fragmentation = derivation({
  start: START,
  step(state, step) {
    const counters = readingOf(step.curr, 'vmstat')
    const zones = readingOf(step.curr, 'buddyinfo') ?? []
    for (const zone of zones) setZone(zone, step)
    const mainZones = setNodes(zones, step)
    const next = counters ? setCompaction(state, counters, step) : state
    const facts: Fragmentation = {
      mainZones,
      compacts: counters?.has('compact_stall') ?? false,
      quietMs: counters && next.window.length > 0 ? step.curr.readings.vmstat.atMs - next.failedAtMs : 0,
    }
    return { state: next, facts }
  },
})

const nodeName = (node: number): string => `node${node}`
const freePages = (blocks: readonly number[], fromOrder = 0): number =>
  blocks.reduce((pages, count, order) => (order < fromOrder ? pages : pages + count * 2 ** order), 0)

/** The kernel's own index (mm/vmstat.c, unusable_free_index): 0 all blocks are large enough, 1 none is. */
const unusableRatio = (blocks: readonly number[], order: number): number | undefined => {
  const free = freePages(blocks)
  return quotient(free - freePages(blocks, order), free)
}

function setZone({ node, zone, blocks }: FreeBlocks, { signals }: Step): void {
  const subject = `${nodeName(node)}/${zone}`
  signals.set('zone.freePages', subject, freePages(blocks))
  const largest = blocks.findLastIndex(count => count > 0)
  if (largest !== -1) signals.set('zone.largestFreeOrder', subject, largest)
  for (const order of ORDERS)
    if (order < blocks.length) signals.set(`zone.unusableOrder${order}Ratio`, subject, unusableRatio(blocks, order))
}

function setNodes(zones: readonly FreeBlocks[], step: Step): Map<string, string[]> {
  const order = Math.max(Math.ceil(Math.log2(BLOCK_BYTES / pageBytes(step))), 0)
  const names = new Map<string, string[]>()
  const ratios: number[] = []
  for (const [node, own] of Map.groupBy(zones, ({ node }) => node)) {
    const main = mainZones(own, managedPages(node, step))
    const blocks = main.reduce<number[]>(
      (sum, zone) => zone.blocks.map((count, index) => count + (sum[index] ?? 0)),
      [],
    )
    const ratio = unusableRatio(blocks, order)
    step.signals.set('numa.unusableRatio', nodeName(node), ratio)
    if (ratio !== undefined) ratios.push(ratio)
    if (main.length > 0)
      names.set(
        nodeName(node),
        main.map(({ zone }) => zone),
      )
  }
  if (ratios.length > 0) step.signals.set('memory.unusableRatio', 'node', Math.min(...ratios))
  return names
}

/** The largest zones that together hold 80 % of the NUMA node. Movable holds no kernel memory, Device none that is handed out. */
function mainZones(zones: readonly FreeBlocks[], managed: ReadonlyMap<string, number> | null): FreeBlocks[] {
  const sized = zones
    .filter(({ zone }) => zone !== 'Movable' && zone !== 'Device')
    .map(zone => ({ zone, pages: managed?.get(zone.zone) ?? freePages(zone.blocks) }))
    .filter(({ zone, pages }) => zones.length === 1 || zone.zone !== 'DMA' || pages > ISA_DMA_PAGES)
    .toSorted((a, b) => b.pages - a.pages)
  const all = sized.reduce((sum, { pages }) => sum + pages, 0)
  let held = 0
  return sized
    .filter(({ pages }) => {
      const needed = held < MAIN_ZONES_RATIO * all
      held += pages
      return needed
    })
    .map(({ zone }) => zone)
}

/** Sizes of a NUMA node's zones; null without zoneinfo: then free pages have to do. */
function managedPages(node: number, { curr }: Step): Map<string, number> | null {
  const zones = readingOf(curr, 'zoneinfo')?.filter(zone => zone.node === node)
  return zones ? new Map(zones.map(({ zone, managedPages }) => [zone, managedPages])) : null
}

/** No file tells the page size, but meminfo gives mapped files in kB and vmstat in pages. 4 KiB where one is missing. */
function pageBytes({ curr }: Step): number {
  const mapped = quotient(readingOf(curr, 'memory')?.get('Mapped'), readingOf(curr, 'vmstat')?.get('nr_mapped'))
  const power = mapped ? Math.round(Math.log2(mapped)) : 12
  return 2 ** Math.min(Math.max(power, 12), 16)
}

/** Compaction comes in bursts: it is counted over a minute. */
function setCompaction({ window, failedAtMs }: State, counters: VMStat, { curr, signals }: Step): State {
  const stalls = counters.get('compact_stall')
  const fails = counters.get('compact_fail')
  if (stalls === undefined || fails === undefined) return START
  const { atMs } = curr.readings.vmstat
  const last = window.at(-1)
  const startedAgain = last !== undefined && (stalls < last.stalls || fails < last.fails)
  const next = slide(startedAgain ? [] : window, { atMs, stalls, fails }, WINDOW_MS)
  const [first] = next as [Compaction]
  const grown = growth(first.stalls, stalls)
  signals.set('memory.compactStallsPerMinute', 'node', quotient(grown, (atMs - first.atMs) / 60_000))
  const failRatio = quotient(growth(first.fails, fails), grown)
  signals.set('memory.compactFailRatio', 'node', failRatio === undefined ? undefined : Math.min(failRatio, 1))
  return { window: next, failedAtMs: last?.fails === fails ? failedAtMs : atMs }
}
