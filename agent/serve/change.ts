import type { ReportChange } from '../../proto/generated/node_agent/v1/ReportChange.ts'
import type { Signal } from '../../proto/generated/node_agent/v1/Signal.ts'
import type { SignalSubjects } from '../../proto/generated/node_agent/v1/SignalSubjects.ts'
import type { Report } from '../report.ts'
import { toCollector, toCondition, toProblem, toTimestamp, VERDICT } from './messages.ts'

/** What leads from one report to another, also when there were some in between. */
export function changeBetween(before: Report, after: Report, omitSignals: boolean): ReportChange {
  const problems = diff(before.problems, after.problems, ({ id }) => id, JSON.stringify)
  const conditions = diff(
    before.conditions,
    after.conditions,
    ({ type }) => type,
    ({ status, reason, message, lastTransitionTime }) => JSON.stringify([status, reason, message, lastTransitionTime]),
  )
  const collectors = diff(
    Object.entries(before.collectors),
    Object.entries(after.collectors),
    ([name]) => name,
    ([, { status, error }]) => JSON.stringify([status, error]),
  )
  return {
    time: toTimestamp(Date.parse(after.time)),
    verdict: VERDICT[after.verdict],
    problems: problems.changed.map(toProblem),
    endedProblems: problems.ended,
    conditions: conditions.changed.map(toCondition),
    endedConditions: conditions.ended,
    collectors: collectors.changed.map(([name, status]) => toCollector(name, status)),
    agent: after.agent,
    ...(omitSignals ? {} : signalChange(before.signals, after.signals)),
  }
}

function diff<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (entry: T) => string,
  content: (entry: T) => string,
): { changed: T[]; ended: string[] } {
  const old = new Map(before.map(entry => [keyOf(entry), content(entry)]))
  const changed = after.filter(entry => old.get(keyOf(entry)) !== content(entry))
  for (const entry of after) old.delete(keyOf(entry))
  return { changed, ended: [...old.keys()] }
}

function signalChange(
  before: Report['signals'],
  after: Report['signals'],
): { signals: Signal[]; endedSignals: SignalSubjects[] } {
  const signals: Signal[] = []
  const endedSignals: SignalSubjects[] = []
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const { changed, ended } = diff(
      before[name] ?? [],
      after[name] ?? [],
      ({ subject }) => subject,
      ({ value }) => String(value),
    )
    if (changed.length > 0) signals.push({ name, values: changed })
    if (ended.length > 0) endedSignals.push({ name, subjects: ended })
  }
  return { signals, endedSignals }
}
