import type { Timestamp } from '../../proto/generated/google/protobuf/Timestamp.ts'
import type { Collector } from '../../proto/generated/node_agent/v1/Collector.ts'
import type { Condition } from '../../proto/generated/node_agent/v1/Condition.ts'
import type { EvidenceValue } from '../../proto/generated/node_agent/v1/EvidenceValue.ts'
import type { Problem } from '../../proto/generated/node_agent/v1/Problem.ts'
import type { QueryHistoryResponse } from '../../proto/generated/node_agent/v1/QueryHistoryResponse.ts'
import type { Report as ReportMessage } from '../../proto/generated/node_agent/v1/Report.ts'
import type { Signal } from '../../proto/generated/node_agent/v1/Signal.ts'
import type { SignalDescription } from '../../proto/generated/node_agent/v1/SignalDescription.ts'
import { signalCatalogue } from '../derive/catalogue.ts'
import type { HistorySlice } from '../history.ts'
import type { CollectorStatus, Publishing, Report, ReportedProblem } from '../report.ts'
import type { SignalDefinition } from '../signals.ts'

/** From the report to the messages of proto/node_agent/v1. */

export const VERDICT = {
  Healthy: 'VERDICT_HEALTHY',
  Degraded: 'VERDICT_DEGRADED',
  Unhealthy: 'VERDICT_UNHEALTHY',
  Unknown: 'VERDICT_UNKNOWN',
} as const
const SEVERITY = { info: 'SEVERITY_INFO', warning: 'SEVERITY_WARNING', critical: 'SEVERITY_CRITICAL' } as const
const ROLE = { node: 'ROLE_NODE', volume: 'ROLE_VOLUME' } as const
const CONDITION_STATUS = {
  True: 'CONDITION_STATUS_TRUE',
  False: 'CONDITION_STATUS_FALSE',
  Unknown: 'CONDITION_STATUS_UNKNOWN',
} as const
const COLLECTOR_STATE = {
  ok: 'COLLECTOR_STATE_OK',
  absent: 'COLLECTOR_STATE_ABSENT',
  failed: 'COLLECTOR_STATE_FAILED',
  stuck: 'COLLECTOR_STATE_STUCK',
  disabled: 'COLLECTOR_STATE_DISABLED',
} as const
const DIRECTION = { up: 'DIRECTION_UP', down: 'DIRECTION_DOWN', neither: 'DIRECTION_NEITHER' } as const

export function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) }
}

const timestamp = (iso: string): Timestamp => toTimestamp(Date.parse(iso))

export function toReportMessage(report: Report, omitSignals = false): ReportMessage {
  const { apiVersion, node, time, verdict, problems, conditions, signals, collectors, publishing, inventory } = report
  return {
    apiVersion,
    node,
    time: timestamp(time),
    verdict: VERDICT[verdict],
    problems: problems.map(toProblem),
    conditions: conditions.map(toCondition),
    signals: omitSignals
      ? []
      : Object.entries(signals).map(([name, values]): Signal => ({ name, values: [...values] })),
    collectors: Object.entries(collectors).map(([name, status]) => toCollector(name, status)),
    publishing: toPublishing(publishing),
    inventory: Object.fromEntries(Object.entries(inventory).map(([key, value]) => [key, String(value)])),
    agent: report.agent,
  }
}

const toPublishing = ({ lastWriteTime, ...rest }: Publishing) => ({
  ...rest,
  ...(lastWriteTime === undefined ? {} : { lastWriteTime: timestamp(lastWriteTime) }),
})

export function toProblem(problem: ReportedProblem): Problem {
  const { condition, severity, subject, since, evidence, culprits, causedBy } = problem
  return {
    ...problem,
    condition: condition ?? undefined,
    severity: SEVERITY[severity],
    subject: { ...subject, role: ROLE[subject.role] },
    since: timestamp(since),
    evidence: Object.fromEntries(Object.entries(evidence).map(([name, value]) => [name, toEvidence(value)])),
    culprits: culprits.map(culprit => ({ ...culprit, evidence: { ...culprit.evidence } })),
    causedBy: [...causedBy],
  } as Problem
}

function toEvidence(value: number | string | boolean): EvidenceValue {
  if (typeof value === 'number') return { number: value }
  return typeof value === 'string' ? { text: value } : { flag: value }
}

export const toCondition = (condition: Report['conditions'][number]): Condition => ({
  ...condition,
  status: CONDITION_STATUS[condition.status],
  lastTransitionTime: timestamp(condition.lastTransitionTime),
  lastHeartbeatTime: timestamp(condition.lastHeartbeatTime),
})

export function toCollector(name: string, { status, durationMs, ageMs, error }: CollectorStatus): Collector {
  return { name, state: COLLECTOR_STATE[status], durationMs, ageMs, ...(error === null ? {} : { error }) }
}

export function describeSignals(names: readonly string[], signals: Report['signals']): SignalDescription[] {
  return Object.entries(signalCatalogue as Record<string, SignalDefinition>)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .map(([name, { unit, subject, worse, help }]) => ({
      name,
      unit,
      subjectKind: subject,
      worse: DIRECTION[worse],
      help,
      values: [...(signals[name] ?? [])],
    }))
}

export const toHistory = ({ timesMs, series }: HistorySlice): QueryHistoryResponse => ({
  times: timesMs.map(toTimestamp),
  series: series.map(({ signal, subject, values }) => ({ signal, subject, values: [...values] })),
})
