import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Collecting } from '../../agent/collect.ts'
import { signalCatalogue } from '../../agent/derive/catalogue.ts'
import { History } from '../../agent/history.ts'
import { startServers } from '../../agent/serve/index.ts'
import { countSeries, exposition, type MetricsView } from '../../agent/serve/metric.ts'
import { families, MAX_SERIES, Metrics, OPEN_METRICS, PROMETHEUS } from '../../agent/serve/metrics.ts'
import { apiMetrics } from '../../agent/serve/metrics-api.ts'
import { fixedRawMetrics } from '../../agent/serve/metrics-raw.ts'
import { signalMetricName, signalMetrics } from '../../agent/serve/metrics-signals.ts'
import { statusMetrics } from '../../agent/serve/metrics-status.ts'
import type { SignalDefinition, SignalName } from '../../agent/signals.ts'
import { directCalls } from '../../collectors/host/calls.ts'
import { LiveHost } from '../../collectors/host/live.ts'
import type { Blocking } from '../../collectors/host.ts'
import type { Sample } from '../../collectors/index.ts'
import { PLACES } from './samples.ts'
import { config, FakeSource, NO_CALLS, reportAt, silent, slowDisk, until } from './serving.ts'

const VIEW: MetricsView = {
  report: reportAt(10),
  sample: null,
  loopAgeMs: 1_500,
  cpuSeconds: 0.25,
  calls: [{ verb: 'patch', resource: 'nodes/status', code: 200, count: 3, durationMs: 75 }],
  begun: new Map([['DiskLatencyHigh', 3]]),
  history: { seriesCount: 7, leftOut: 0 },
}
const prometheus = (view: MetricsView, raw = false) => exposition(families(view, raw), PROMETHEUS)
const seriesIn = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

/** A sample of this machine, read at once. */
async function liveSample(): Promise<Sample> {
  const calls = directCalls('/')
  const blocking: Blocking = {
    statfs: async path => calls.statfs(path),
    statfsServed: async path => calls.statfs(path),
    readText: async (path, maxBytes) => calls.readText(path, maxBytes),
    readJson: async (path, maxBytes, keys) => calls.readJson(path, maxBytes, keys),
    files: async (path, depth) => calls.files(path, depth),
    resolve: async path => calls.resolve(path),
  }
  const host = new LiveHost({ procfs: '/proc', sysfs: '/sys', rootfs: '/' }, blocking)
  const settings = { disabled: new Set<string>(), intervalMs: 10_000, patienceMs: Number.POSITIVE_INFINITY }
  const { sample } = await new Collecting(PLACES, settings).collect(host, 0, Date.now())
  host.close()
  return sample
}

t.test('exact text', async t => {
  const lines = seriesIn(await prometheus(VIEW))
  for (const line of [
    'node_agent_verdict{verdict="Healthy"} 0',
    'node_agent_verdict{verdict="Unhealthy"} 1',
    'node_agent_problem{id="DiskSlow/vdb",rule="DiskSlow",reason="DiskLatencyHigh",severity="critical",kind="Disk",subject="vdb",role="node"} 1',
    'node_agent_condition{condition="DiskSlow",status="True"} 1',
    'node_agent_condition{condition="DiskSlow",status="False"} 0',
    'node_agent_condition{condition="DiskSlow",status="Unknown"} 0',
    'problem_counter{reason="DiskLatencyHigh"} 3',
    'problem_gauge{type="DiskSlow",reason="DiskLatencyHigh"} 1',
    'node_agent_collector_success{collector="loadavg"} 1',
    'node_agent_collector_success{collector="cpu"} 0',
    'node_agent_collector_age_seconds{collector="cpu"} 10',
    `node_agent_report_time_seconds ${Date.UTC(2026, 10, 22, 3, 0, 10) / 1000}`,
    'node_agent_build_info{version="0.1.0"} 1',
    'node_agent_cycles_total 6',
    'node_agent_cycle_cpu_seconds 0.0045',
    'node_agent_process_cpu_seconds_total 0.25',
    'node_agent_process_resident_memory_bytes 70000000',
    'node_agent_loop_age_seconds 1.5',
    'node_agent_series_left_out 0',
    'node_agent_cpu_load1 0.1',
    'node_agent_disk_write_await_seconds{device="vdb"} 11.165',
    'node_agent_filesystem_used_ratio{mountpoint="/var",resource="space"} 0.5',
    'node_agent_filesystem_used_ratio{mountpoint="/var",resource="inodes"} 0.25',
  ])
    t.ok(lines.includes(line), line)
  const text = lines.join('\n')
  t.notMatch(text, 'collector_success{collector="conntrack"}', 'absent is neither good nor bad')
  t.notMatch(text, 'node_agent_last_gap_seconds', 'there was none')
  t.notMatch(text, /\bNaN|Nan\b/)
})

t.test('what is not there has no value, not 0', async t => {
  const lines = seriesIn(await prometheus({ ...VIEW, report: null }))
  t.notOk(lines.some(line => line.startsWith('node_agent_cpu_load1')))
  t.notOk(lines.some(line => line.startsWith('node_agent_verdict')))
  t.ok(lines.includes('node_agent_loop_age_seconds 1.5'))
})

t.test('labels are escaped', async t => {
  const subject = { ...slowDisk.subject, name: 'a"b\\c\nd' }
  const report = reportAt(0, { problems: [{ ...slowDisk, subject }] })
  t.match(await prometheus({ ...VIEW, report }), 'subject="a\\"b\\\\c\\nd"')
})

t.test('OpenMetrics', async t => {
  const text = await exposition(families(VIEW, false), OPEN_METRICS)
  t.match(text, /# TYPE node_agent_cycles counter\nnode_agent_cycles_total 6\n/)
  t.match(text, /# TYPE problem_counter unknown\nproblem_counter\{reason="/)
  t.match(text, /\n# EOF\n$/)
  t.match(await prometheus(VIEW), /# TYPE problem_counter counter\n/)
})

t.test('names: base units, one each, nothing reserved', async t => {
  const all = [...statusMetrics, ...apiMetrics, ...signalMetrics, ...fixedRawMetrics]
  t.equal(new Set(all.map(({ name }) => name)).size, all.length, 'no name twice')
  for (const { name, type } of all) {
    t.match(name, /^(node_agent_[a-z0-9_]+|problem_(counter|gauge))$/)
    if (type !== 'unknown') t.equal(name.endsWith('_total'), type === 'counter', name)
    t.notMatch(name, /_(count|sum|bucket|created|ms|milliseconds|percent)$/)
  }
  for (const [signal, { unit }] of Object.entries(signalCatalogue as Record<SignalName, SignalDefinition>))
    if (unit === 'ms') t.match(signalMetricName(signal, unit), /_seconds$/, signal)
  for (const [signal, unit, name] of [
    ['disk.writeAwaitMs', 'ms', 'node_agent_disk_write_await_seconds'],
    ['netstat.TCPBacklogDropPerSecond', 'perSecond', 'node_agent_netstat_tcp_backlog_drop_per_second'],
    ['vmstat.pgscan_directPerSecond', 'perSecond', 'node_agent_vmstat_pgscan_direct_per_second'],
    ['cpu.onlineCPUs', 'count', 'node_agent_cpu_online_cpus'],
    ['threads.count', 'count', 'node_agent_threads'],
    ['interface.rxBytesPerSecond', 'bytesPerSecond', 'node_agent_interface_rx_bytes_per_second'],
  ] as const)
    t.equal(signalMetricName(signal, unit), name)
})

t.test('at most 1 000 series, however many subjects', async t => {
  const subjects = (count: number, name: string) =>
    Array.from({ length: count }, (_, n) => ({ subject: `${name}${n}`, value: n }))
  const signals = Object.fromEntries(
    Object.entries(signalCatalogue as Record<SignalName, SignalDefinition>).map(([signal, { subject }]) => [
      signal,
      subject === 'Node' ? [{ subject: 'node', value: 1 }] : subjects(subject === 'Disk' ? 120 : 300, subject),
    ]),
  )
  const late = { ...slowDisk, subject: { ...slowDisk.subject, name: 'Disk119' } }
  const view = { ...VIEW, report: reportAt(0, { signals, problems: [late] }) }
  const all = families(view, false)
  t.ok(countSeries(all) <= MAX_SERIES, `${countSeries(all)} series`)
  t.ok(countSeries(all) > MAX_SERIES * 0.8, `${countSeries(all)} series: the room is used`)
  const devices = all
    .find(({ name }) => name === 'node_agent_disk_write_await_seconds')!
    .series.map(({ labels }) => labels.device)
  t.equal(devices[0], 'Disk119', 'who has a problem stays')
  t.equal(devices[1], 'Disk0')
  const total = Object.values(signals).reduce((sum, { length }) => sum + length, 0)
  const kept = countSeries(all.filter(({ name }) => signalMetrics.some(metric => metric.name === name)))
  t.equal(all.find(({ name }) => name === 'node_agent_series_left_out')!.series[0]!.value, total - kept)
  t.equal(all.find(({ name }) => name === 'node_agent_cpu_load1')!.series.length, 1, 'the node itself is whole')
})

t.test('problem_counter counts beginnings', async t => {
  const source = new FakeSource()
  const metrics = new Metrics(source, new History(10_000), NO_CALLS, false)
  const count = async () =>
    /problem_counter\{reason="DiskLatencyHigh"\} (\d+)/.exec(await metrics.scrape(PROMETHEUS))?.[1]
  t.equal(await count(), '0', 'known from the start on')
  const later = { ...slowDisk, since: '2026-11-22T03:10:00.000Z' }
  for (const [problems, expected] of [
    [[slowDisk], '1'],
    [[{ ...slowDisk, severity: 'warning' as const }], '1'],
    [[], '1'],
    [[later], '2'],
    [[later, { ...later, id: 'DiskSlow/vdc' }], '3'],
  ] as const) {
    metrics.see(reportAt(0, { problems }))
    t.equal(await count(), expected)
  }
})

t.test('raw counters, by the names of node_exporter', async t => {
  const sample = await liveSample()
  const text = await prometheus({ ...VIEW, sample }, true)
  for (const name of [
    'cpu_seconds_total{mode="idle"}', 'context_switches_total', 'forks_total', 'vmstat_pgfault_total',
    'netstat_tcpext_listendrops_total', 'netstat_udp_inerrors_total', 'disk_reads_completed_total{device="',
    'network_receive_bytes_total{device="lo"}', 'softnet_processed_total{cpu="0"}',
  ]) // biome-ignore format: one list
    t.match(text, new RegExp(`^node_agent_${name.replaceAll(/[{}]/g, '\\$&')}`, 'm'))
  t.notMatch(text, /node_agent_vmstat_nr_/, 'gauges are no counters')
  t.notMatch(await prometheus({ ...VIEW, sample }), 'context_switches', 'only when asked for')
  const others = seriesIn(text).length - seriesIn(await prometheus({ ...VIEW, sample })).length
  t.ok(others < 4_000, `${others} of them`)
})

const missing = (program: string): string | false => {
  const there = spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
  if (there || process.env.CI === 'true') return false
  return `no ${program}: Debian's package prometheus has it`
}

t.test('promtool finds nothing to complain about but names of NPD', { skip: missing('promtool') }, async t => {
  const allowed = readFileSync(join(import.meta.dirname, 'promtool-exceptions.txt'), 'utf8')
    .trim()
    .split('\n')
  const everything = Object.fromEntries(
    Object.keys(signalCatalogue).map(name => [name, [{ subject: 'node', value: 1 }]]),
  )
  const view = { ...VIEW, report: reportAt(0, { signals: everything }), sample: await liveSample() }
  for (const raw of [false, true]) {
    const { stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
      input: await prometheus(view, raw),
      encoding: 'utf8',
    })
    t.equal(error, undefined)
    t.same(stderr.trim().split('\n').sort(), allowed.sort(), raw ? 'with raw counters' : 'by default')
  }
})

/** A Prometheus that scrapes one target; its API tells what it made of it. */
function startPrometheus(scrape: string): { process: ChildProcess; url: Promise<string> } {
  const directory = mkdtempSync(join(tmpdir(), 'node-agent-prometheus-'))
  writeFileSync(join(directory, 'prometheus.yml'), scrape)
  const child = spawn(
    'prometheus',
    [
      '--config.file=prometheus.yml',
      '--web.listen-address=127.0.0.1:0',
      `--storage.tsdb.path=${join(directory, 'data')}`,
    ],
    { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const url = new Promise<string>((resolve, reject) => {
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk
      const address = /address=(127\.0\.0\.1:[1-9]\d*)/.exec(log)?.[1]
      if (address) resolve(`http://${address}`)
    })
    child.on('exit', () => reject(new Error(log)))
  })
  return { process: child, url }
}

t.test('a real Prometheus scrapes it', { skip: missing('prometheus'), timeout: 60_000 }, async t => {
  const source = new FakeSource()
  source.sample = await liveSample()
  const token = join(mkdtempSync(join(tmpdir(), 'node-agent-token-')), 'token')
  writeFileSync(token, 'scrape-token\n')
  const servers = await startServers(config('metrics.raw=true', `auth.tokenFile=${token}`), source, NO_CALLS, silent)
  source.push(reportAt(0))
  const target = `${servers.http.host}:${servers.http.port}`
  const { process: child, url } = startPrometheus(`
scrape_configs:
  - job_name: node-agent
    scrape_interval: 1s
    authorization: { credentials_file: ${token} }
    static_configs: [{ targets: ['${target}'] }]
`)
  t.teardown(async () => {
    child.kill()
    await servers.close(1_000)
  })
  const api = await url
  const value = async (query: string) => {
    const answer = (await (await fetch(`${api}/api/v1/query?query=${encodeURIComponent(query)}`)).json()) as {
      data: { result: { value: [number, string] }[] }
    }
    return answer.data.result[0]?.value[1]
  }
  await until('a scrape', async () => (await value('up')) !== undefined, 30_000)
  const { data } = (await (await fetch(`${api}/api/v1/targets`)).json()) as {
    data: { activeTargets: { health: string; lastError: string }[] }
  }
  t.match(data.activeTargets, [{ health: 'up', lastError: '' }])
  t.equal(await value('node_agent_disk_write_await_seconds{device="vdb"}'), '11.165')
  t.equal(await value('problem_counter{reason="DiskLatencyHigh"}'), '1')
  t.ok(Number(await value('node_agent_cpu_seconds_total{mode="user"}')) > 0)
})
