import { printableData, type TextOptions, wrap } from './layout.ts'
import type { Report, ReportedProblem } from './report.ts'
import { signalLines } from './signals-text.ts'
import type { TimelineEntry } from './timeline.ts'
import { duration } from './words.ts'

const ESCAPES = { red: '31', yellow: '33', green: '32', bold: '1', dim: '2' } as const
type Style = keyof typeof ESCAPES

/** ANSI styles, or plain text. */
const painter =
  ({ color }: TextOptions) =>
  (style: Style, text: string): string =>
    color ? `\u001b[${ESCAPES[style]}m${text}\u001b[0m` : text

const STYLE = {
  Healthy: 'green',
  Degraded: 'yellow',
  Unhealthy: 'red',
  Unknown: 'yellow',
  critical: 'red',
  warning: 'yellow',
  info: 'dim',
} as const

/** The report for people: verdict, problems, then the key signals of each subject. */
export function reportText(raw: Report, options: TextOptions): string {
  const report = printableData(raw)
  const paint = painter(options)
  const { agent, problems } = report
  const count =
    problems.length === 0 ? 'no problems' : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`
  const head = `${paint('bold', report.node)}: ${paint(STYLE[report.verdict], report.verdict)}, ${count} at ${report.time}`
  const troubled = Object.entries(report.collectors).filter(
    ([, { status }]) => status === 'failed' || status === 'stuck',
  )
  const blind = troubled.map(([name, { status, error }]) =>
    wrap(`collector ${name} is ${status}: ${error}`, options.width, '  '),
  )
  return [
    head,
    ...problems.flatMap(problem => ['', ...problemLines(problem, options)]),
    ...(blind.length > 0 ? ['', paint('yellow', 'Not seen:'), ...blind] : []),
    '',
    ...signalLines(report, options),
    '',
    paint('dim', `node-agent ${agent.version}, cycle ${agent.cycle.count}; ${report.publishing.detail}`),
  ].join('\n')
}

function problemLines(problem: ReportedProblem, options: TextOptions): string[] {
  const paint = painter(options)
  const title = `${paint(STYLE[problem.severity], problem.severity.toUpperCase())} ${paint('bold', problem.id)} (${problem.reason}) since ${problem.since}`
  return [
    title,
    wrap(problem.message, options.width, '  '),
    wrap(`-> ${problem.remedy}`, options.width, '  '),
    `  ${paint('dim', problem.runbook)}`,
  ]
}

/** Problems in order of their beginning, then how it stood at the end. */
export function timelineText(entries: readonly TimelineEntry[], final: Report, options: TextOptions): string {
  const paint = painter(options)
  const at = (ms: number) => `+${duration(ms)}`
  const lines = printableData(entries).flatMap(entry => [
    `${at(entry.startMs)} to ${entry.endMs === null ? 'the end' : at(entry.endMs)}  ${paint(STYLE[entry.severity], entry.severity.toUpperCase())} ${paint('bold', entry.id)} (${entry.reason})`,
    wrap(entry.message, options.width, '  '),
  ])
  const head = entries.length === 0 ? ['No problems in this recording.'] : lines
  return [...head, '', `At the end (${final.time}): ${paint(STYLE[final.verdict], final.verdict)}`].join('\n')
}
