import { type NodeCondition, type NodeObject, ownedConditions } from './node.ts'

/** What is remembered of writing: all in monotonic ms. */
export interface Pace {
  readonly lastWriteMs: number
  /** Least distance of the next write from the last one. */
  readonly gapMs: number
  /** When a change of words alone was last written. */
  readonly lastWordsMs: number
  readonly heartbeatAtMs: number
}

/** An entry of the patch: a condition, or the order to remove one. */
type PatchEntry = NodeCondition | { readonly $patch: 'delete'; readonly type: string }

export interface Plan {
  /** When to write; never if null. */
  readonly atMs: number
  readonly entries: readonly PatchEntry[]
  /** A status changes, or only words, or nothing but the time. */
  readonly kind: 'status' | 'words' | 'heartbeat'
}

/** Between two writes; doubled up to the second while changes go on, so that nothing can make us flood the API server. */
const GAP_MS = { least: 5_000, most: 60_000 }
/** Changes of reason or message alone. */
const WORDS_MS = 60_000

export const startPace = (heartbeatAtMs: number): Pace => ({
  lastWriteMs: Number.NEGATIVE_INFINITY,
  gapMs: GAP_MS.least,
  lastWordsMs: Number.NEGATIVE_INFINITY,
  heartbeatAtMs,
})

/**
 * What to write next and when, by comparing what should stand on the Node with what does. So what others altered or
 * removed is mended as our own changes are. A heartbeat goes along for every condition that is written and, when it is
 * due, for those whose evidence is fresh (`heartbeat`). Pure.
 */
export function planWrite(
  wanted: readonly NodeCondition[],
  node: NodeObject,
  pace: Pace,
  isFresh: (condition: NodeCondition) => boolean,
): Plan {
  const there = new Map((node.status?.conditions ?? []).map(condition => [condition.type, condition]))
  const types = new Set(wanted.map(({ type }) => type))
  const gone = [...ownedConditions(node)].filter(type => !types.has(type) && there.has(type))
  const changes = wanted.map(condition => ({ condition, change: changeOf(there.get(condition.type), condition) }))
  const nextMs = pace.lastWriteMs + pace.gapMs
  const entries = [
    ...changes.flatMap(({ condition, change }) => (change || isFresh(condition) ? [condition] : [])),
    ...gone.map(type => ({ $patch: 'delete', type }) as const),
  ]
  if (gone.length > 0 || changes.some(({ change }) => change === 'status'))
    return { atMs: nextMs, entries, kind: 'status' }
  if (changes.some(({ change }) => change === 'words'))
    return { atMs: Math.max(nextMs, pace.lastWordsMs + WORDS_MS), entries, kind: 'words' }
  return { atMs: Math.max(nextMs, pace.heartbeatAtMs), entries, kind: 'heartbeat' }
}

function changeOf(there: NodeCondition | undefined, wanted: NodeCondition): 'status' | 'words' | null {
  if (there?.status !== wanted.status || there.lastTransitionTime !== wanted.lastTransitionTime) return 'status'
  return there.reason === wanted.reason && there.message === wanted.message ? null : 'words'
}

/** The pace after a write. A minute in which a write could have been and was not needed, and the gap is short again. */
export function afterWrite(pace: Pace, kind: Plan['kind'], nowMs: number, heartbeatAtMs: number): Pace {
  const quiet = nowMs - pace.lastWriteMs >= pace.gapMs + GAP_MS.most
  const doubled = kind === 'status' ? Math.min(pace.gapMs * 2, GAP_MS.most) : pace.gapMs
  return {
    lastWriteMs: nowMs,
    gapMs: quiet ? GAP_MS.least : doubled,
    lastWordsMs: kind === 'words' ? nowMs : pace.lastWordsMs,
    heartbeatAtMs,
  }
}
