import type { ActiveRule, ActiveTrigger } from './rules/active.ts'
import { type Culprit, isBad, type Observation, type Severity, type Subject, worse } from './rules/rule.ts'
import { type Now, step, type Track, type Tracks } from './track.ts'

/** What one rule sees this cycle. `outcome` other than `judged`: nothing could be observed, and why. */
export interface Finding {
  readonly rule: ActiveRule
  readonly outcome: 'judged' | 'notYet' | 'notApplicable' | 'unknown'
  /** Why it is not applicable or unknown. */
  readonly detail?: string
  readonly observations: readonly { readonly trigger: ActiveTrigger; readonly observation: Observation }[]
  /** Names of the triggers that could tell; subjects that they do not list are gone. */
  readonly told: ReadonlySet<string>
}

/** A problem as judged, before the report puts it into words. */
export interface Problem {
  readonly id: string
  readonly rule: ActiveRule
  readonly reason: string
  readonly severity: Severity
  readonly subject: Subject
  readonly sinceMs: number
  readonly sinceWallMs: number
  /** The first clear frame; null while it holds. */
  readonly endMs: number | null
  readonly message: string
  readonly evidence: Readonly<Record<string, number | string | boolean>>
  readonly culprits: readonly Culprit[]
  /** How far past the raise level, to compare two moments of one problem. */
  readonly badness: number
  /** Not measured since then (wall clock); null when measured this cycle. */
  readonly unmeasuredSinceWallMs: number | null
}

export interface Judgement {
  readonly tracks: Tracks
  readonly problems: readonly Problem[]
  /** Ended this cycle, with their `endMs`. */
  readonly ended: readonly Problem[]
}

/** One-off events stay in the report this long. */
const EVENT_MS = 10 * 60_000

/**
 * Which problems hold. Three dampers, kept apart: `for` before a problem begins, a clear level away from the raise level,
 * `hold` before it ends. Pure: the state of the cycle before is an argument.
 */
export function judge(findings: readonly Finding[], tracks: Tracks, now: Now): Judgement {
  const next = new Map<string, Track>()
  const over = new Map<string, Track>()
  // Over a gap or a restart nobody saw that it lasted: what was not yet a problem begins anew.
  const lasting = [...tracks].filter(([, track]) => now.countedMs > 0 || track.active)
  const byRule = Map.groupBy(lasting, ([, track]) => track.rule)
  for (const finding of findings) {
    const old = new Map(byRule.get(finding.rule.id))
    const seen = new Set<string>()
    for (const { trigger, observation } of finding.observations) {
      const key = keyOf(finding.rule, trigger.name, observation.subject)
      seen.add(key)
      const before = old.get(key)
      // Most subjects are well and have been so: nothing is to be remembered of them.
      if (before || isBad(observation.stance)) keep(key, step(finding.rule, trigger, observation, before, now), before)
    }
    for (const [key, track] of old) {
      if (!seen.has(key)) keep(key, stepUnseen(finding, track, now), track)
    }
  }
  shareStart(next)
  return { tracks: next, problems: merge(findings, next, now), ended: endedProblems(findings, over, next, now) }

  function keep(key: string, track: Track, before: Track | undefined): void {
    if (before?.active && !track.active) over.set(key, { ...track, active: before.active })
    if (track.active || track.raised) next.set(key, track)
  }
}

const keyOf = (rule: ActiveRule, trigger: string, subject: Subject): string => `${rule.id}/${trigger}/${subject.name}`

/** A subject that a judged rule no longer lists is gone, so what was wrong with it is over; else nobody could tell. */
function stepUnseen(finding: Finding, track: Track, now: Now): Track {
  const trigger = finding.rule.triggers.find(({ name }) => name === track.trigger)
  if (finding.rule.kind === 'event')
    return now.atMs - (track.active?.sinceMs ?? 0) >= EVENT_MS ? { ...track, raised: null, active: null } : track
  if (trigger === undefined) return { ...track, raised: null, active: null }
  if (finding.outcome !== 'notApplicable' && !finding.told.has(trigger.name)) return track
  return step(
    finding.rule,
    trigger,
    { ...track.observation, stance: 'clear', words: () => track.observation },
    track,
    now,
  )
}

/** Triggers that hold for one subject are one problem with one beginning, also after the first of them is over. */
function shareStart(tracks: Map<string, Track>): void {
  const oldest = new Map<string, NonNullable<Track['active']>>()
  const problemOf = ({ rule, observation }: Track) => `${rule}/${observation.subject.name}`
  for (const track of tracks.values()) {
    const other = oldest.get(problemOf(track))
    if (track.active && (other === undefined || track.active.sinceMs < other.sinceMs))
      oldest.set(problemOf(track), track.active)
  }
  for (const [key, track] of tracks) {
    const first = oldest.get(problemOf(track))
    if (track.active && first && first.sinceMs < track.active.sinceMs) {
      tracks.set(key, { ...track, active: { ...track.active, sinceMs: first.sinceMs, sinceWallMs: first.sinceWallMs } })
    }
  }
}

/** One problem a rule and subject, however many triggers hold: the most severe one speaks, of equals the first in the catalogue. */
function merge(findings: readonly Finding[], tracks: Tracks, now: Now): Problem[] {
  const problems = new Map<string, Problem>()
  for (const { rule } of findings) {
    for (const track of tracks.values()) {
      if (track.rule !== rule.id || !track.active) continue
      const problem = toProblem(rule, track, now, null)
      const other = problems.get(problem.id)
      problems.set(problem.id, other ? moreSevere(problem, other) : problem)
    }
  }
  return [...problems.values()]
}

function moreSevere(a: Problem, b: Problem): Problem {
  return worse(a.severity, b.severity) ? a : b
}

function endedProblems(
  findings: readonly Finding[],
  over: ReadonlyMap<string, Track>,
  tracks: Tracks,
  now: Now,
): Problem[] {
  const rules = new Map(findings.map(({ rule }) => [rule.id, rule]))
  const stillThere = new Set(
    [...tracks.values()].filter(track => track.active).map(track => `${track.rule}/${track.observation.subject.name}`),
  )
  return [...over.values()]
    .filter(track => !stillThere.has(`${track.rule}/${track.observation.subject.name}`))
    .map(track => toProblem(rules.get(track.rule)!, track, now, track.clear?.sinceMs ?? now.atMs))
}

function toProblem(rule: ActiveRule, track: Track, now: Now, endMs: number | null): Problem {
  const { observation } = track
  const active = track.active!
  return {
    id: observation.subject.kind === 'Node' ? rule.id : `${rule.id}/${observation.subject.name}`,
    rule,
    reason: observation.reason ?? rule.triggers.find(({ name }) => name === track.trigger)?.reason ?? rule.id,
    severity: active.severity,
    subject: observation.subject,
    sinceMs: active.sinceMs,
    sinceWallMs: active.sinceWallMs,
    endMs: rule.kind === 'event' ? active.sinceMs : endMs,
    message: observation.message,
    evidence: observation.evidence,
    culprits: observation.culprits ?? [],
    badness: observation.badness ?? 0,
    unmeasuredSinceWallMs:
      rule.kind !== 'event' && track.measuredAtMs < now.atMs ? now.wallMs - (now.atMs - track.measuredAtMs) : null,
  }
}
