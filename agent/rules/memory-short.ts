import { bytes, percent } from '../words.ts'
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

/** Over only when both are past: enough available, and nobody waits for memory any more. */
const ENOUGH_RATIO = 1.5
const CALM_RATIO = 0.02

export const memoryShort: Rule = {
  id: 'MemoryShort',
  kind: 'condition',
  severity: 'warning',
  summary: 'The node is about to run out of memory, or all its tasks wait for memory.',
  subject: 'Node',
  needs: ['memory'],
  uses: ['pressure', 'vmstat'],
  triggers: [
    {
      name: 'available',
      signal: 'memory.availableOfLineRatio',
      unit: 'ratio',
      direction: 'below',
      raise: 1,
      clear: ENOUGH_RATIO,
      reason: 'MemoryAvailableLow',
      also: 'the line is 100 MiB (evictionHard memory.available) and 2 % of memory without huge pages, at least 100 MiB, at most 2 GiB',
      observe: observeAvailable,
    },
    {
      name: 'stalls',
      signal: 'pressure.memoryFullRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.05,
      clear: CALM_RATIO,
      reason: 'MemoryStalls',
      also: 'allocstall or pgscan_direct rises: the node itself reclaims memory, not a container at its own limit',
      observe: observeStalls,
    },
  ],
  remedy:
    'See who uses the memory (`kubectl top pods -A --sort-by=memory`, `systemd-cgtop -m`) and stop, limit or move them; raise system-reserved if it is not a pod.',
}

function observeAvailable(view: View, levels: Levels): Observation[] | null {
  const { signals } = view
  const ratio = signals.get('memory.availableOfLineRatio')
  if (ratio === undefined) return null
  const stance = stanceOf(ratio, 'below', levels)
  const size = (name: 'memory.availableBytes' | 'memory.totalBytes' | 'memory.lineBytes') =>
    bytes(signals.get(name) ?? 0)
  return [
    {
      subject: theNode,
      stance: unless(stance, stalls(view, CALM_RATIO)),
      words: () => ({
        badness: 1 / Math.max(ratio, 0.001),
        message: `${size('memory.availableBytes')} of memory is available of ${size('memory.totalBytes')}; below ${size('memory.lineBytes')} it is short`,
        evidence: figures(view),
      }),
    },
  ]
}

function observeStalls(view: View, levels: Levels): Observation[] | null {
  const { signals } = view
  const full = signals.get('pressure.memoryFullRatio')
  if (full === undefined || reclaims(view) === undefined) return null
  const ratio = signals.get('memory.availableOfLineRatio')
  return [
    {
      subject: theNode,
      stance: unless(stanceOf(full, 'above', levels, reclaims(view)), ratio !== undefined && ratio <= ENOUGH_RATIO),
      words: () => ({
        badness: full,
        message: `all tasks wait for memory ${percent(full)} of the time while the kernel reclaims it from the whole node`,
        evidence: figures(view),
      }),
    },
  ]
}

/** Clear only if nothing speaks against it. */
const unless = (stance: Stance, objection: boolean): Stance => (stance === 'clear' && objection ? 'between' : stance)

const stalls = (view: View, level: number): boolean =>
  (view.signals.get('pressure.memoryFullRatio') ?? 0) >= level && reclaims(view) === true

/** Both counters leave out reclaim in a cgroup at its limit. Undefined until there are rates. */
function reclaims({ signals }: View): boolean | undefined {
  const allocstall = signals.get('vmstat.allocstallPerSecond')
  const scanned = signals.get('vmstat.pgscan_directPerSecond')
  if (allocstall === undefined && scanned === undefined) return undefined
  return (allocstall ?? 0) > 0 || (scanned ?? 0) > 0
}

function figures({ signals }: View): Record<string, number> {
  return evidence({
    availableBytes: signals.get('memory.availableBytes'),
    lineBytes: signals.get('memory.lineBytes'),
    totalBytes: signals.get('memory.totalBytes'),
    hugepagesBytes: signals.get('memory.hugepagesBytes'),
    slabUnreclaimableBytes: signals.get('memory.slabUnreclaimableBytes'),
    swapUsedBytes: signals.get('memory.swapUsedBytes'),
    memoryFullRatio: signals.get('pressure.memoryFullRatio'),
    allocstallPerSecond: signals.get('vmstat.allocstallPerSecond'),
    pgscan_directPerSecond: signals.get('vmstat.pgscan_directPerSecond'),
    pgmajfaultPerSecond: signals.get('vmstat.pgmajfaultPerSecond'),
    workingset_refault_filePerSecond: signals.get('vmstat.workingset_refault_filePerSecond'),
  })
}
