import { percent } from '../words.ts'
import {
  evidence,
  type Levels,
  type Observation,
  type Rule,
  type Stance,
  stanceOf,
  theNode,
  type View,
} from './rule.ts'

/** Free memory lies in small pieces on many a healthy node with a full page cache: only compaction that fails makes it a problem. */
const MIN_STALLS_PER_MINUTE = 10
const MIN_FAIL_RATIO = 0.9
/** By then what could not be had is no longer asked for, or is had: small free blocks alone may stay for weeks. */
const QUIET_MS = 600_000

export const memoryFragmented: Rule = {
  id: 'MemoryFragmented',
  kind: 'condition',
  severity: 'warning',
  summary: 'Memory is free, but in pieces too small for the kernel, and compaction does not help.',
  subject: 'Node',
  needs: ['buddyinfo', 'vmstat'],
  triggers: [
    {
      name: 'level',
      signal: 'memory.unusableRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.95,
      clear: 0.85,
      reason: 'MemoryFragmented',
      forMs: 120_000,
      also: '10 or more compact_stall a minute, of which 90 % fail; clear too when compact_fail stood still for 10 min; on one NUMA node of several: info only',
      observe,
    },
  ],
  remedy:
    'Drop caches first (`echo 1 > /proc/sys/vm/drop_caches`), then `echo 1 > /proc/sys/vm/compact_memory` (both cost time); if it comes back, find who holds unmovable memory (sockets, pipes, slab: `slabtop`) and raise vm.min_free_kbytes.',
}

function observe(view: View, levels: Levels): Observation[] | null {
  const { signals, facts } = view
  const ratio = signals.get('memory.unusableRatio')
  const stalls = signals.get('memory.compactStallsPerMinute')
  if (ratio === undefined || (facts.fragmentation.compacts && stalls === undefined)) return null
  const fails =
    (stalls ?? 0) >= MIN_STALLS_PER_MINUTE && (signals.get('memory.compactFailRatio') ?? 0) >= MIN_FAIL_RATIO
  const nodes = [...facts.fragmentation.mainZones.keys()]
  const stance = (value: number | undefined): Stance =>
    facts.fragmentation.quietMs >= QUIET_MS ? 'clear' : stanceOf(value, 'above', levels, fails)
  const whole: Observation = {
    subject: theNode,
    stance: stance(ratio),
    words: () => describe(view, ratio, nodes),
  }
  if (nodes.length < 2) return [whole]
  return [whole, ...nodes.map(node => observeNode(view, node, whole.stance === 'raise', stance))]
}

/** One NUMA node alone costs speed: the kernel takes the memory from another. When all are bad the node's own entry says it. */
function observeNode(
  view: View,
  node: string,
  allAre: boolean,
  stance: (ratio: number | undefined) => Stance,
): Observation {
  const ratio = view.signals.get('numa.unusableRatio', node)
  return {
    subject: { kind: 'NUMANode', name: node, role: 'node' },
    stance: allAre ? 'clear' : stance(ratio),
    words: () => ({ ...describe(view, ratio ?? 0, [node]), atMost: 'info' }),
  }
}

function describe({ signals, facts }: View, ratio: number, nodes: readonly string[]) {
  const zones = nodes.flatMap(node => (facts.fragmentation.mainZones.get(node) ?? []).map(zone => `${node}/${zone}`))
  const of = (name: 'zone.freePages' | 'zone.largestFreeOrder') => zones.map(zone => signals.get(name, zone) ?? 0)
  const failRatio = signals.get('memory.compactFailRatio')
  return {
    badness: ratio,
    message: `${percent(ratio)} of free memory (${zones.join(', ')}) is in blocks smaller than 64 KiB, and ${percent(failRatio ?? 0)} of compactions fail`,
    evidence: evidence({
      unusableRatio: ratio,
      freePages: of('zone.freePages').reduce((sum, pages) => sum + pages, 0),
      largestFreeOrder: Math.max(...of('zone.largestFreeOrder')),
      compactStallsPerMinute: signals.get('memory.compactStallsPerMinute'),
      compactFailRatio: failRatio,
    }),
  }
}
