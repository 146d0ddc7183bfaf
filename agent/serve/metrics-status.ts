import { type Report, ruleOf } from '../report.ts'
import { ruleCatalogue } from '../rules/index.ts'
import { type Metric, type MetricsView, one, type Series } from './metric.ts'

/** Verdicts, problems, conditions, collectors and the agent's own cost. */

const seconds = (ms: number): number => ms / 1000
const measured = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : seconds(ms))
const flag = (holds: boolean): number => (holds ? 1 : 0)

type Type = Metric['type']

/** A metric that has no value before the first report. */
function ofReport(
  name: string,
  help: string,
  labels: readonly string[],
  series: (report: Report) => readonly Series[],
  type: Type = 'gauge',
): Metric {
  return { name, help, type, labels, series: ({ report }) => (report === null ? [] : series(report)) }
}

const ofAgent = (
  name: string,
  help: string,
  value: (agent: Report['agent']) => number | undefined,
  type: Type = 'gauge',
): Metric => ofReport(name, help, [], ({ agent }) => one(value(agent)), type)

const always = (name: string, help: string, value: (view: MetricsView) => number, type: Type = 'gauge'): Metric => ({
  name,
  help,
  type,
  labels: [],
  series: view => one(value(view)),
})

const VERDICTS = ['Healthy', 'Degraded', 'Unhealthy', 'Unknown'] as const
const STATUSES = ['True', 'False', 'Unknown'] as const
/** A node with more has other worries; the report has them all. */
const MAX_PROBLEMS = 100

/** NPD knows a reason from its start on; so do its users' alerts. */
const REASONS = [...new Set(ruleCatalogue.flatMap(({ triggers }) => triggers.map(({ reason }) => reason)))]

export const statusMetrics: readonly Metric[] = [
  ofReport('node_agent_verdict', '1 for the verdict that holds, 0 for the others', ['verdict'], report =>
    VERDICTS.map(verdict => ({ labels: { verdict }, value: flag(report.verdict === verdict) })),
  ),
  ofReport(
    'node_agent_problem',
    'A problem that holds; always 1. At most 100, worst first',
    ['id', 'rule', 'reason', 'severity', 'kind', 'subject', 'role'],
    ({ problems }) =>
      problems.slice(0, MAX_PROBLEMS).map(({ id, reason, severity, subject: { kind, name, role } }) => ({
        labels: { id, rule: ruleOf(id), reason, severity, kind, subject: name, role },
        value: 1,
      })),
  ),
  ofReport(
    'node_agent_condition',
    '1 for the status that the node condition has, 0 for the others; True means a problem',
    ['condition', 'status'],
    ({ conditions }) =>
      conditions.flatMap(({ type, status }) =>
        STATUSES.map(candidate => ({
          labels: { condition: type, status: candidate },
          value: flag(status === candidate),
        })),
      ),
  ),
  {
    name: 'problem_counter',
    help: 'Number of times a specific type of problem have occurred (as node-problem-detector)',
    type: 'unknown',
    labels: ['reason'],
    series: ({ begun }) =>
      [...new Set([...REASONS, ...begun.keys()])].map(reason => ({
        labels: { reason },
        value: begun.get(reason) ?? 0,
      })),
  },
  ofReport(
    'problem_gauge',
    'Whether a specific type of problem is affecting the node or not (as node-problem-detector)',
    ['type', 'reason'],
    ({ conditions }) => conditions.flatMap(problemGauge),
  ),
  ofReport(
    'node_agent_collector_success',
    '1 where the last reading is good, 0 where it failed or is stuck; no value for what this machine lacks',
    ['collector'],
    ({ collectors }) =>
      Object.entries(collectors)
        .filter(([, { status }]) => status !== 'absent' && status !== 'disabled')
        .map(([collector, { status }]) => ({ labels: { collector }, value: flag(status === 'ok') })),
  ),
  ofReport(
    'node_agent_collector_duration_seconds',
    'Time that the last reading took',
    ['collector'],
    ({ collectors }) => ofCollectors(collectors, ({ durationMs }) => seconds(durationMs)),
  ),
  ofReport('node_agent_collector_age_seconds', 'Age of the last reading', ['collector'], ({ collectors }) =>
    ofCollectors(collectors, ({ ageMs }) => seconds(ageMs)),
  ),
  ofReport('node_agent_report_time_seconds', 'Time of the last report, since the epoch', [], ({ time }) =>
    one(seconds(Date.parse(time))),
  ),
  ofReport('node_agent_build_info', 'Version of the agent; always 1', ['version'], ({ agent: { version } }) => [
    { labels: { version }, value: 1 },
  ]),
  ofAgent('node_agent_process_uptime_seconds', 'Time since the agent started', ({ uptimeSeconds }) => uptimeSeconds),
  ofAgent('node_agent_cycles_total', 'Cycles since the agent started', ({ cycle }) => cycle.count, 'counter'),
  ofAgent('node_agent_cycle_duration_seconds', 'Time that the last cycle took', ({ cycle }) =>
    measured(cycle.durationMs),
  ),
  ofAgent('node_agent_cycle_cpu_seconds', 'CPU time that the last cycle took', ({ cycle }) => measured(cycle.cpuMs)),
  ofAgent('node_agent_interval_seconds', 'Interval between two cycles', ({ cycle }) => seconds(cycle.intervalMs)),
  ofAgent(
    'node_agent_gaps_total',
    'Cycles that came more than three intervals late: the machine or the agent stood still',
    ({ cycle }) => cycle.gaps,
    'counter',
  ),
  ofAgent('node_agent_last_gap_seconds', 'How long the last of these gaps was', ({ cycle }) =>
    cycle.gaps === 0 ? undefined : seconds(cycle.lastGapMs),
  ),
  ofAgent('node_agent_process_resident_memory_bytes', 'Resident memory of the agent', ({ rssBytes }) => rssBytes),
  always(
    'node_agent_process_cpu_seconds_total',
    'CPU time that the agent used',
    ({ cpuSeconds }) => cpuSeconds,
    'counter',
  ),
  always('node_agent_loop_age_seconds', 'Time since a cycle last ended', ({ loopAgeMs }) => seconds(loopAgeMs)),
  always('node_agent_history_series', 'Series of the history', ({ history }) => history.seriesCount),
  always('node_agent_history_left_out', 'Series that found no room in it', ({ history }) => history.leftOut),
]

function problemGauge({ type, status, reason }: Report['conditions'][number]): Series[] {
  const known = ruleCatalogue.find(({ id }) => id === type)?.triggers.map(trigger => trigger.reason) ?? []
  const reasons = new Set(status === 'True' ? [...known, reason] : known)
  return [...reasons].map(candidate => ({
    labels: { type, reason: candidate },
    value: flag(status === 'True' && reason === candidate),
  }))
}

function ofCollectors(
  collectors: Report['collectors'],
  value: (status: Report['collectors'][string]) => number,
): Series[] {
  return Object.entries(collectors)
    .filter(([, { status }]) => status !== 'disabled')
    .map(([collector, status]) => ({ labels: { collector }, value: value(status) }))
}

/** Counts how often problems begin, by reason. */
export class BegunProblems {
  readonly counts = new Map<string, number>()
  #before: ReadonlySet<string> = new Set()

  see({ problems }: Pick<Report, 'problems'>): void {
    const now = new Map(problems.map(({ id, since, reason }) => [`${id} ${since}`, reason]))
    for (const [key, reason] of now)
      if (!this.#before.has(key)) this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1)
    this.#before = new Set(now.keys())
  }
}
