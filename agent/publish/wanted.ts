import type { Condition, Report, ReportedProblem } from '../report.ts'
import { isLeaving, type NodeCondition, type NodeObject } from './node.ts'

/** When a problem becomes a publication. */
export interface Policy {
  /** How long a problem of this severity has lasted when the Node says so. */
  readonly afterMs: Readonly<Record<'critical' | 'warning', number>>
  /** The same for the warnings of one rule. */
  readonly warningAfterMsOf: Readonly<Record<string, number>>
  /** So long after boot warnings are not published: image pulls saturate every new node. */
  readonly bootGraceMs: number
  /** Leave out conditions that are not applicable to this node. */
  readonly omitNotApplicable: boolean
}

/** What the publisher has to know of a condition's rule. */
export interface Traits {
  /** How long the rule takes to be sure that nothing holds, or no longer. */
  readonly settlingMs: number
  /** What stands on the Node while nothing holds. */
  readonly calm: Pick<NodeCondition, 'reason' | 'message'>
}

/** Where we stand. */
export interface Moment {
  readonly wallMs: number
  /** The wall clock's time of boot, as reckoned when the agent started: a clock that is set later is no reboot. */
  readonly bootWallMs: number
  /** Since boot. */
  readonly uptimeMs: number
  /** Since this run of the agent judged for the first time. */
  readonly judgingForMs: number
  /** How long a problem has been there before our eyes: a clock that is set back must not hold it back. */
  watchedForMs(problem: ReportedProblem): number
}

/**
 * The conditions as they should stand on the Node: what the report says, but for what stands there and has to stay a
 * while. What stands there keeps its transition time as long as its status does, unless it is of another boot. `found`:
 * what stood there when this run of the agent first looked; an earlier run may have known better. Pure.
 */
export function wantedConditions(
  report: Report,
  node: NodeObject,
  {
    policy,
    traits,
    moment,
    found,
  }: { policy: Policy; traits: ReadonlyMap<string, Traits>; moment: Moment; found: readonly NodeCondition[] },
): NodeCondition[] {
  const leaving = isLeaving(node)
  return report.conditions.flatMap(condition => {
    const there = node.status?.conditions?.find(({ type }) => type === condition.type)
    if (leaving || condition.reason === 'NotYetJudged') return there ? [there] : []
    if (condition.reason === 'NotApplicable' && policy.omitNotApplicable) return []
    const kept = there && isOfThisBoot(there, found, moment) ? there : undefined
    const { settlingMs, calm } = traits.get(condition.type)!
    const next = toNode(condition)
    if (condition.status === 'True') {
      if (kept?.status === 'True' || isDue(condition, report.problems, policy, moment)) return [after(kept, next)]
      return [
        after(
          kept,
          kept ? { ...kept, lastHeartbeatTime: next.lastHeartbeatTime! } : { ...next, status: 'False', ...calm },
        ),
      ]
    }
    if (kept?.status === 'True' && isAmong(found, kept) && moment.judgingForMs < settlingMs) return [kept]
    return [after(kept, next)]
  })
}

/** What came to stand there since we looked first is of this boot; of what we found, what is younger than it. */
const isOfThisBoot = (there: NodeCondition, found: readonly NodeCondition[], { bootWallMs }: Moment): boolean =>
  Date.parse(there.lastTransitionTime ?? '') >= bootWallMs ||
  !found.some(({ type, lastTransitionTime }) => type === there.type && lastTransitionTime === there.lastTransitionTime)

const isAmong = (found: readonly NodeCondition[], { type, lastTransitionTime }: NodeCondition): boolean =>
  found.some(
    condition =>
      condition.type === type && condition.lastTransitionTime === lastTransitionTime && condition.status === 'True',
  )

/** A status that stays keeps its transition time. */
const after = (kept: NodeCondition | undefined, next: NodeCondition): NodeCondition =>
  kept?.status === next.status ? { ...next, lastTransitionTime: kept.lastTransitionTime! } : next

/** Whether one of the problems behind a condition has lasted long enough for the Node. */
const isDue = ({ type }: Condition, problems: readonly ReportedProblem[], policy: Policy, moment: Moment): boolean =>
  problems.some(
    problem => problem.condition === type && problem.subject.role === 'node' && hasLasted(problem, policy, moment),
  )

/** Whether a problem has lasted long enough to be told outside. Mere information never has. */
export function hasLasted(
  problem: ReportedProblem,
  { afterMs, warningAfterMsOf, bootGraceMs }: Policy,
  { wallMs, uptimeMs, watchedForMs }: Moment,
): boolean {
  const { condition, severity, since } = problem
  const lastedMs = Math.max(wallMs - Date.parse(since), watchedForMs(problem))
  if (severity === 'critical') return lastedMs >= afterMs.critical
  if (severity === 'info' || uptimeMs < bootGraceMs) return false
  return lastedMs >= (warningAfterMsOf[condition ?? ''] ?? afterMs.warning)
}

/** The API knows whole seconds only. */
const toNode = ({
  type,
  status,
  reason,
  message,
  lastTransitionTime,
  lastHeartbeatTime,
}: Condition): NodeCondition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: wholeSeconds(lastTransitionTime),
  lastHeartbeatTime: wholeSeconds(lastHeartbeatTime),
})

const wholeSeconds = (time: string): string => time.replace(/\.\d+Z$/, 'Z')
