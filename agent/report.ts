import type { Problem } from './judge.ts'
import type { Culprit, Severity, Subject } from './rules/rule.ts'
import type { Signals } from './signals.ts'

/** The report of one cycle, as `/status` and `check` give it. Documented in docs/status.md; only ever extended. */
export interface Report {
  readonly apiVersion: 'node-agent/v1'
  readonly node: string
  readonly time: string
  readonly verdict: Verdict
  readonly problems: readonly ReportedProblem[]
  readonly conditions: readonly Condition[]
  readonly signals: Readonly<Record<string, readonly { readonly subject: string; readonly value: number }[]>>
  readonly collectors: Readonly<Record<string, CollectorStatus>>
  readonly publishing: Publishing
  readonly inventory: Readonly<Record<string, string | number>>
  readonly agent: AgentStatus
}

/** What comes of the conditions and events that the Node object shows. */
export interface Publishing {
  readonly enabled: boolean
  /** `published`, or what stands in the way. */
  readonly detail: string
  /** When the Node's conditions were last written; absent if not yet. */
  readonly lastWriteTime?: string
}

/** `Unhealthy`: a critical problem of role node. `Degraded`: any warning. `Unknown`: neither, and a needed collector failed or is stuck. */
export type Verdict = 'Healthy' | 'Degraded' | 'Unhealthy' | 'Unknown'

export interface ReportedProblem {
  readonly id: string
  readonly condition: string | null
  readonly reason: string
  readonly severity: Severity
  readonly subject: Subject
  readonly since: string
  readonly message: string
  readonly evidence: Readonly<Record<string, number | string | boolean>>
  readonly culprits: readonly Culprit[]
  readonly causedBy: readonly string[]
  readonly remedy: string
  readonly runbook: string
}

/** As in core/v1 NodeCondition. True = problem. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly lastHeartbeatTime: string
}

export interface CollectorStatus {
  readonly status: 'ok' | 'absent' | 'failed' | 'stuck' | 'disabled'
  readonly durationMs: number
  readonly ageMs: number
  readonly error: string | null
}

/** Its own cost is missing in a replay: what the recorded agent took nobody measured. */
export interface AgentStatus {
  readonly version: string
  /** Of a replay: time since the recording's start. */
  readonly uptimeSeconds: number
  readonly cycle: {
    readonly count: number
    readonly durationMs?: number
    readonly cpuMs?: number
    readonly intervalMs: number
    /** Cycles that came more than three intervals late (VM pause, SIGSTOP): their rates were dropped. */
    readonly gaps: number
    readonly lastGapMs: number
  }
  readonly rssBytes?: number
}

/** Base of the runbook links; the pages ship with the project. */
const RUNBOOKS = 'docs/runbooks'

export function reportProblem(problem: Problem): ReportedProblem {
  const { definition } = problem.rule
  return {
    id: problem.id,
    condition: definition.kind === 'condition' ? definition.id : null,
    reason: problem.reason,
    severity: problem.severity,
    subject: problem.subject,
    since: isoTime(problem.sinceWallMs),
    message: sentence(problem),
    evidence: problem.evidence,
    culprits: problem.culprits,
    causedBy: [],
    remedy: definition.remedy,
    runbook: `${RUNBOOKS}/${definition.id}.md`,
  }
}

/** What, how bad, since when; and until when anybody could tell. */
export function sentence({ rule, message, sinceWallMs, unmeasuredSinceWallMs }: Problem): string {
  const when = rule.kind === 'event' ? 'at' : 'since'
  const lost = unmeasuredSinceWallMs === null ? '' : `, not measured since ${timeOfDay(unmeasuredSinceWallMs)}`
  return `${message}, ${when} ${timeOfDay(sinceWallMs)}${lost}`
}

/** The rule of a problem, by the problem's id: `DiskSlow` of `DiskSlow/vdb`. */
export const ruleOf = (problemId: string): string => problemId.split('/', 1)[0]!

/** `03:02:10Z`: the date stands beside it in `since`. */
export const timeOfDay = (wallMs: number): string => `${isoTime(wallMs).slice(11, 19)}Z`

export function verdictOf(problems: readonly ReportedProblem[], evidenceMissing: boolean): Verdict {
  if (problems.some(problem => problem.severity === 'critical' && problem.subject.role === 'node')) return 'Unhealthy'
  if (problems.some(problem => problem.severity !== 'info')) return 'Degraded'
  return evidenceMissing ? 'Unknown' : 'Healthy'
}

export function reportSignals(signals: Signals): Report['signals'] {
  return Object.fromEntries(
    [...signals.entries()].map(([name, values]) => [name, [...values].map(([subject, value]) => ({ subject, value }))]),
  )
}

const RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 }

/** Worst first, then the oldest, then by id: the order does not jump from cycle to cycle. */
export function worstFirst(a: Problem, b: Problem): number {
  return RANK[a.severity] - RANK[b.severity] || a.sinceMs - b.sinceMs || a.id.localeCompare(b.id)
}

export const isoTime = (wallMs: number): string => new Date(wallMs).toISOString()
