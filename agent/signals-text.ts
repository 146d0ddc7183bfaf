import { signalCatalogue } from './derive/catalogue.ts'
import { columns, type TextOptions, wrap } from './layout.ts'
import type { Report } from './report.ts'
import type { SignalName } from './signals.ts'
import { valueText } from './words.ts'

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

/** The key signals: the node's in lines, those of its parts in tables. */
export function signalLines(report: Report, options: TextOptions): string[] {
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
