import { reportConditions } from './conditions.ts'
import type { Outcome, PipelineSettings } from './pipeline.ts'
import { isoTime, type Report, reportProblem, reportSignals, verdictOf, worstFirst } from './report.ts'
import { evidenceOf } from './rules/rule.ts'

/** What a report tells beside the outcome of its sample. */
export type Frame = Pick<Report, 'node' | 'collectors' | 'agent'> & Partial<Pick<Report, 'inventory' | 'publishing'>>

/** Puts an outcome into the words of the contract. */
export function toReport(outcome: Outcome, frame: Frame, settings: PipelineSettings): Report {
  const problems = outcome.judgement.problems.toSorted(worstFirst).map(reportProblem)
  const needed = new Set<string>(settings.rules.flatMap(({ definition }) => evidenceOf(definition)))
  const missing = [...needed].some(name => ['failed', 'stuck'].includes(frame.collectors[name]?.status ?? ''))
  return {
    apiVersion: 'node-agent/v1',
    node: frame.node,
    time: isoTime(outcome.sample.wallMs),
    verdict: verdictOf(problems, missing),
    problems,
    conditions: reportConditions(outcome.state.conditions),
    signals: reportSignals(outcome.signals),
    collectors: frame.collectors,
    publishing: frame.publishing ?? { enabled: false, detail: 'not by this command' },
    inventory: frame.inventory ?? {},
    agent: frame.agent,
  }
}
