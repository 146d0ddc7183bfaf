import { signalCatalogue } from './derive/catalogue.ts'
import { columns, printableData, wrap } from './layout.ts'
import type { Report, ReportedProblem } from './report.ts'
import type { SignalName } from './signals.ts'
import type { TimelineEntry } from './timeline.ts'
import { duration, valueText } from './words.ts'

/** What the terminal can show. */
export interface TextOptions {
  readonly width: number
  /** Where tables may be wider than sentences. */
  readonly tableWidth?: number
  readonly color: boolean
}

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

type Column = readonly [header: string, signal: SignalName]

/** The node as a whole: one line each, what does not exist is left out. */
const NODE_LINES: readonly (readonly [title: string, columns: readonly Column[]])[] = [
  [
    'cpu',
    [
      ['user', 'cpu.userRatio'],
      ['system', 'cpu.systemRatio'],
      ['iowait', 'cpu.iowaitRatio'],
      ['steal', 'cpu.stealRatio'],
      ['CPUs', 'cpu.onlineCPUs'],
      ['run queue', 'cpu.procsRunning'],
      ['load1', 'cpu.load1'],
    ],
  ],
  [
    'memory',
    [
      ['available', 'memory.availableBytes'],
      ['of', 'memory.totalBytes'],
      ['short below', 'memory.lineBytes'],
      ['swap used', 'memory.swapUsedBytes'],
    ],
  ],
  [
    'pressure',
    [
      ['cpu some', 'pressure.cpuSomeRatio'],
      ['memory some', 'pressure.memorySomeRatio'],
      ['full', 'pressure.memoryFullRatio'],
      ['io some', 'pressure.ioSomeRatio'],
      ['full', 'pressure.ioFullRatio'],
    ],
  ],
  [
    'used',
    [
      ['files', 'files.usedRatio'],
      ['threads', 'threads.usedRatio'],
      ['conntrack', 'conntrack.usedRatio'],
      ['tcp memory', 'tcp.memoryRatio'],
    ],
  ],
]

/** Columns of the compact tables, by kind of subject; a value that does not exist is a dash. */
const TABLES: readonly (readonly [title: string, columns: readonly Column[]])[] = [
  [
    'DISK',
    [
      ['r/s', 'disk.readsPerSecond'],
      ['w/s', 'disk.writesPerSecond'],
      ['r_await', 'disk.readAwaitMs'],
      ['w_await', 'disk.writeAwaitMs'],
      ['aqu-sz', 'disk.queueLength'],
      ['util', 'disk.utilizationRatio'],
    ],
  ],
  [
    'FILE SYSTEM',
    [
      ['size', 'filesystem.sizeBytes'],
      ['available', 'filesystem.availableBytes'],
      ['used', 'filesystem.usedRatio'],
      ['to the line', 'filesystem.marginRatio'],
      ['full in', 'filesystem.timeToFullMs'],
    ],
  ],
  [
    'INTERFACE',
    [
      ['rx', 'interface.rxBytesPerSecond'],
      ['tx', 'interface.txBytesPerSecond'],
      ['rx missed', 'interface.rxMissedPerSecond'],
      ['errors', 'interface.errorsPerSecond'],
    ],
  ],
  [
    'CONTAINER LOG',
    [
      ['size', 'containerlog.sizeBytes'],
      ['growth', 'containerlog.growthBytesPerSecond'],
    ],
  ],
]

function signalLines(report: Report, options: TextOptions): string[] {
  const node = NODE_LINES.flatMap(([title, columns]) => nodeLine(report, title, columns, options))
  const tables = TABLES.map(([title, columns]) => table(report, title, columns, options)).filter(
    lines => lines.length > 0,
  )
  return [...node, ...tables.flatMap(lines => ['', ...lines])]
}

function nodeLine(report: Report, title: string, columns: readonly Column[], { width }: TextOptions): string[] {
  const values = columns.flatMap(([label, signal]) => {
    const value = report.signals[signal]?.[0]?.value
    return value === undefined ? [] : [`${label} ${valueText(value, signalCatalogue[signal].unit)}`]
  })
  return values.length === 0 ? [] : [wrap(`${title.padEnd(10)}${values.join(', ')}`, width, '')]
}

/** At most this many subjects a table: a node with 250 pods has as many interfaces. */
const MAX_ROWS = 10

function table(report: Report, title: string, headers: readonly Column[], options: TextOptions): string[] {
  const values = headers.map(
    ([, signal]) => new Map((report.signals[signal] ?? []).map(({ subject, value }) => [subject, value])),
  )
  const subjects = [...values[0]!.keys()]
  if (subjects.length === 0) return []
  const rows = subjects.slice(0, MAX_ROWS).map(subject => [
    subject,
    ...values.map((column, index) => {
      const value = column.get(subject)
      return value === undefined ? '-' : valueText(value, signalCatalogue[headers[index]![1]].unit)
    }),
  ])
  const more = subjects.length > MAX_ROWS ? [`  and ${subjects.length - MAX_ROWS} more`] : []
  const lines = [[title, ...headers.map(([header]) => header)], ...rows]
  return [...columns(lines, options.tableWidth ?? options.width, 'right'), ...more]
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
