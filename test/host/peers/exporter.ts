import { Agent } from 'node:http'
import { answerOf } from '../agent.ts'
import { which } from '../beds/need.ts'
import { background } from '../beds/processes.ts'
import type { Undo } from '../beds/undo.ts'
import { until } from '../beds/wait.ts'
import { type Labels, seriesName } from './exporter-entries.ts'

export const needs = { commands: ['node_exporter'] }

const COLLECTORS = [
  ...['buddyinfo', 'conntrack', 'cpu', 'diskstats', 'filefd', 'filesystem', 'loadavg', 'meminfo', 'netdev', 'netstat'],
  ...['pressure', 'processes', 'sockstat', 'softnet', 'stat', 'vmstat', 'zoneinfo'],
]

/** node_exporter with nothing left out, on a free port; `scrape` gives its series by name and labels. */
export async function startExporter(undo: Undo): Promise<{ scrape(): Promise<ReadonlyMap<string, number>> }> {
  const flags = [
    '--web.listen-address=127.0.0.1:0',
    '--collector.disable-defaults',
    ...COLLECTORS.map(name => `--collector.${name}`),
    '--collector.diskstats.device-exclude=^$',
    '--collector.vmstat.fields=.*',
    '--collector.netstat.fields=.*',
    '--collector.filesystem.mount-points-exclude=^/(proc|sys)($|/)',
    '--collector.filesystem.fs-types-exclude=^(autofs|proc|sysfs|cgroup2?|fuse|nsfs)$',
  ]
  const child = background(undo, which('node_exporter') ?? '', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (log += part))
  const port = await until('node_exporter to listen', () => /Listening on.*?127\.0\.0\.1:(\d+)/.exec(log)?.[1])
  // A connection that is open before and after: what is scraped must not count the scrape.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return { scrape: async () => parse((await answerOf(Number(port), '/metrics', {}, agent)).body) }
}

/** Labels that we do not tell apart: those of one CPU are added up, as in the line `cpu` of /proc/stat. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  node_cpu: ['cpu'],
  node_filesystem: ['device', 'device_error', 'fstype'],
}

function parse(text: string): Map<string, number> {
  const all = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) continue
    const series = seriesName(name, wanted(name, labels))
    all.set(series, (name.startsWith('node_cpu_') ? (all.get(series) ?? 0) : 0) + Number(value))
  }
  return all
}

function wanted(name: string, text: string): Labels {
  const leftOut = Object.entries(LEFT_OUT).find(([prefix]) => name.startsWith(`${prefix}_`))?.[1] ?? []
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = '', value = '']) => [label, value] as const,
  )
  return Object.fromEntries(pairs.filter(([label]) => !leftOut.includes(label)))
}
