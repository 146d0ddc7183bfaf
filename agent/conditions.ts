import type { Finding, Problem } from './judge.ts'
import { type Condition, isoTime, sentence, worstFirst } from './report.ts'
import type { Rule } from './rules/rule.ts'
import type { Now } from './track.ts'

/** What a condition remembers between cycles. Plain data: it goes to the state file as it is. */
export interface ConditionState {
  readonly status: Condition['status']
  readonly reason: string
  readonly message: string
  readonly transitionWallMs: number
  /** The last status that was not Unknown, with its transition time. */
  readonly known: { readonly status: Condition['status']; readonly transitionWallMs: number } | null
  readonly heartbeatWallMs: number
  /** Which problems the message speaks of: it is only rewritten when these change. */
  readonly speaksOf: string
  /** Evidence missing since then (monotonic), and for how many cycles; null while there is some. */
  readonly missing: { readonly sinceMs: number; readonly cycles: number } | null
}

export type ConditionStates = ReadonlyMap<string, ConditionState>

/** Without evidence for so long a False becomes Unknown; a True stays, because the sicker the node, the more readers stick. */
const UNKNOWN_MS = 60_000
const UNKNOWN_CYCLES = 3
const TRUE_STAYS_MS = 15 * 60_000
/** Kubernetes itself allows 32 KiB; what automation and people read fits 1 KiB. */
const MAX_MESSAGE = 1024

/** The next state of every condition whose rule is enabled. */
export function stepConditions(
  findings: readonly Finding[],
  problems: readonly Problem[],
  before: ConditionStates,
  now: Now,
): ConditionStates {
  return new Map(
    findings
      .filter(({ rule }) => rule.kind === 'condition')
      .map(finding => {
        const own = problems
          .filter(problem => problem.rule.id === finding.rule.id && speaksForNode(problem))
          .sort(worstFirst)
        return [finding.rule.id, stepCondition(finding, own, before.get(finding.rule.id), now)]
      }),
  )
}

/** A pod's volume and mere information never become a condition of the node. */
const speaksForNode = ({ severity, subject }: Problem): boolean => severity !== 'info' && subject.role === 'node'

/** Why a part of the node can never be measured: then nobody can say that the condition is not the case. */
const blindSpot = ({ observations }: Finding): string | undefined =>
  observations.map(({ observation }) => observation.blind).find(blind => blind !== undefined)

type Next = Pick<ConditionState, 'status' | 'reason' | 'message' | 'speaksOf'>

function stepCondition(
  finding: Finding,
  problems: readonly Problem[],
  before: ConditionState | undefined,
  now: Now,
): ConditionState {
  const blind = problems.length === 0 ? blindSpot(finding) : undefined
  const told = blind === undefined && (finding.outcome === 'judged' || finding.outcome === 'notApplicable')
  const unmeasured = problems.length > 0 && problems.every(problem => problem.unmeasuredSinceWallMs !== null)
  const missing =
    told && !unmeasured
      ? null
      : { sinceMs: before?.missing?.sinceMs ?? now.atMs, cycles: (before?.missing?.cycles ?? 0) + 1 }
  const seen: Finding = blind === undefined ? finding : { ...finding, outcome: 'unknown', detail: blind }
  const next = nextStatus(seen, problems, before, missing, now)
  const sameText = before?.status === next.status && before.reason === next.reason && before.speaksOf === next.speaksOf
  const transitionWallMs = transition(next.status, before, now)
  return {
    ...next,
    message: sameText ? before.message : next.message,
    transitionWallMs,
    known: next.status === 'Unknown' ? (before?.known ?? null) : { status: next.status, transitionWallMs },
    heartbeatWallMs: missing === null ? now.wallMs : (before?.heartbeatWallMs ?? now.wallMs),
    missing,
  }
}

function nextStatus(
  finding: Finding,
  problems: readonly Problem[],
  before: ConditionState | undefined,
  missing: ConditionState['missing'],
  now: Now,
): Next {
  const { rule } = finding
  const lostMs = missing === null ? 0 : now.atMs - missing.sinceMs
  const [worst] = problems
  if (worst && lostMs < TRUE_STAYS_MS) return problemStatus(worst, problems)
  if (finding.outcome === 'judged' && !worst) return { status: 'False', ...calmWords(rule.definition), speaksOf: '' }
  if (finding.outcome === 'notApplicable')
    return { status: 'False', reason: 'NotApplicable', message: bounded(finding.detail ?? ''), speaksOf: '' }
  if (before === undefined || before.reason === 'NotYetJudged') {
    if (finding.outcome === 'notYet' || before === undefined)
      return { status: 'Unknown', reason: 'NotYetJudged', message: 'Not judged yet', speaksOf: '' }
  }
  const lasting = (missing?.cycles ?? 0) >= UNKNOWN_CYCLES && lostMs >= UNKNOWN_MS
  if (!lasting && before)
    return { status: before.status, reason: before.reason, message: before.message, speaksOf: before.speaksOf }
  return {
    status: 'Unknown',
    reason: 'EvidenceMissing',
    message: bounded(finding.detail ?? 'no measurement'),
    speaksOf: '',
  }
}

/** What a condition says while nothing holds. */
export const calmWords = ({ id, summary }: Rule): Pick<Condition, 'reason' | 'message'> => ({
  reason: `No${id}`,
  message: `${summary.replace(/\.$/, '')}: not the case`,
})

/** What `kubectl describe node` shows: what, how bad, since when, what to do next. */
function problemStatus(worst: Problem, problems: readonly Problem[]): Next {
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  return {
    status: 'True',
    reason: worst.reason,
    message: bounded(`${sentence(worst)}${more}. ${worst.rule.definition.remedy}`),
    speaksOf: problems.map(spokenOf).join(),
  }
}

const spokenOf = ({ id, severity, reason, unmeasuredSinceWallMs }: Problem): string =>
  `${id} ${severity} ${reason} ${unmeasuredSinceWallMs === null ? '' : 'not measured'}`

/** Back from Unknown to what it was before keeps the time: repair controllers measure it. */
function transition(status: Condition['status'], before: ConditionState | undefined, now: Now): number {
  if (before?.status === status) return before.transitionWallMs
  return before?.known?.status === status ? before.known.transitionWallMs : now.wallMs
}

const bounded = (text: string): string => (text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`)

export function reportConditions(states: ConditionStates): Condition[] {
  return [...states].map(([type, state]) => ({
    type,
    status: state.status,
    reason: state.reason,
    message: state.message,
    lastTransitionTime: isoTime(state.transitionWallMs),
    lastHeartbeatTime: isoTime(state.heartbeatWallMs),
  }))
}
