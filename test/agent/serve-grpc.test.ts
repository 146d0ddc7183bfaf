import { execFile } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type ClientHttp2Stream, connect as http2Connect } from 'node:http2'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as grpc from '@grpc/grpc-js'
import t from 'tap'
import type { Report } from '../../agent/report.ts'
import { changeBetween } from '../../agent/serve/change.ts'
import { startGrpc } from '../../agent/serve/grpc.ts'
import { startServers } from '../../agent/serve/index.ts'
import { LIMITS } from '../../agent/serve/limits.ts'
import { openSecurity } from '../../agent/serve/security.ts'
import { healthService, nodeAgentService } from '../../agent/serve/services.ts'
import { MAX_WATCHERS, type WatchCall, Watchers } from '../../agent/serve/watch.ts'
import type { ListSignalsResponse__Output } from '../../proto/generated/node_agent/v1/ListSignalsResponse.ts'
import type { NodeAgentClient } from '../../proto/generated/node_agent/v1/NodeAgent.ts'
import type { QueryHistoryResponse__Output } from '../../proto/generated/node_agent/v1/QueryHistoryResponse.ts'
import type { Report__Output } from '../../proto/generated/node_agent/v1/Report.ts'
import type {
  WatchStatusResponse,
  WatchStatusResponse__Output,
} from '../../proto/generated/node_agent/v1/WatchStatusResponse.ts'
import { certificates, config, FakeSource, NO_CALLS, reportAt, silent, slowDisk, until, viewsOf } from './serving.ts'

const Client = grpc.makeClientConstructor(nodeAgentService as unknown as grpc.ServiceDefinition, 'NodeAgent')
const clientOf = (port: number, credentials = grpc.credentials.createInsecure()) =>
  new Client(`localhost:${port}`, credentials, { 'grpc.use_local_subchannel_pool': 1 }) as unknown as NodeAgentClient
const HealthClient = grpc.makeClientConstructor(healthService as unknown as grpc.ServiceDefinition, 'Health')

/** A unary call as a promise. */
async function call<T>(client: object, method: string, request = {}, metadata = new grpc.Metadata()): Promise<T> {
  const invoke = promisify((client as Record<string, (...args: unknown[]) => void>)[method]!.bind(client))
  return (await (invoke as (...args: unknown[]) => Promise<unknown>)(request, metadata)) as T
}

/** The status that a call fails with; `OK` if it does not. */
async function statusOf(client: object, method: string, request = {}): Promise<string> {
  try {
    await call(client, method, request)
    return 'OK'
  } catch (error) {
    return grpc.status[(error as grpc.ServiceError).code]
  }
}

async function start(patienceMs?: number) {
  const source = new FakeSource()
  const settings = config()
  const running = await startGrpc(settings.grpc, viewsOf(source), openSecurity(settings, silent), patienceMs)
  const client = clientOf(running.address.port)
  return { source, running, client, port: running.address.port }
}

t.test('views of the last report', async t => {
  const { source, running, client } = await start()
  t.equal(await statusOf(client, 'getStatus'), 'UNAVAILABLE')
  source.push(reportAt(0))
  source.push(reportAt(10))
  const { report } = await call<{ report: Report__Output }>(client, 'getStatus')
  t.match(report, {
    apiVersion: 'node-agent/v1',
    node: 'worker-3',
    time: { seconds: Date.UTC(2026, 10, 22, 3, 0, 10) / 1000, nanos: 0 },
    verdict: 'VERDICT_UNHEALTHY',
    inventory: { kernel: '6.12.1', cpus: '2' },
    publishing: { enabled: false, detail: 'no cluster' },
    agent: { version: '0.1.0', rssBytes: 70_000_000, cycle: { count: 6, durationMs: 5 } },
  })
  t.match(report.problems, [
    {
      id: 'DiskSlow/vdb',
      condition: 'DiskSlow',
      severity: 'SEVERITY_CRITICAL',
      subject: { kind: 'Disk', name: 'vdb', displayName: 'vg0-orders', role: 'ROLE_NODE' },
      since: { seconds: Date.UTC(2026, 10, 22, 3) / 1000 },
      evidence: { writeAwaitMs: { number: 11165 }, hot: { flag: true }, model: { text: 'virtio "x"\n' } },
      culprits: [{ kind: 'Container', pod: 'java', share: 0.67, evidence: { writeBytesPerSecond: 5 } }],
    },
  ])
  t.match(report.conditions, [{ type: 'DiskSlow', status: 'CONDITION_STATUS_TRUE' }])
  const write = report.signals.find(({ name }) => name === 'disk.writeAwaitMs')
  t.same(write?.values, reportAt(10).signals['disk.writeAwaitMs'])
  t.match(report.collectors[1], { name: 'cpu', state: 'COLLECTOR_STATE_FAILED', error: 'cpu: denied' })

  const { signals } = await call<ListSignalsResponse__Output>(client, 'listSignals', { names: ['disk.writeAwaitMs'] })
  t.match(signals, [{ name: 'disk.writeAwaitMs', unit: 'ms', subjectKind: 'Disk', worse: 'DIRECTION_UP' }])
  t.equal(signals[0]?.values.length, 2)
  const history = await call<QueryHistoryResponse__Output>(client, 'queryHistory', {
    signal: 'cpu.load1',
    since: { seconds: Date.UTC(2026, 10, 22, 3, 0, 5) / 1000 },
  })
  t.match(history, { times: { length: 1 }, series: [{ signal: 'cpu.load1', subject: 'node', values: [0.1] }] })
  t.equal((await call<QueryHistoryResponse__Output>(client, 'queryHistory')).series.length, 5)
  client.close()
  await running.close(1000)
})

/** What WatchStatus sends, and the status it ends with. */
function watch(client: NodeAgentClient, request = {}) {
  const messages: WatchStatusResponse__Output[] = []
  const stream = client.watchStatus(request)
  let ended = null as grpc.StatusObject | null
  stream.on('data', message => messages.push(message))
  stream.on('error', () => undefined)
  stream.on('status', status => (ended = status))
  return { messages, stream, status: () => ended }
}

t.test('WatchStatus: the full report, then changes, then the end', async t => {
  const { source, running, client } = await start()
  const all = watch(client)
  const brief = watch(client, { omitSignals: true })
  await new Promise(resolve => setTimeout(resolve, 100)) // silence until the first report
  t.equal(all.messages.length, 0)
  source.push(reportAt(0))
  await until('the full report', () => all.messages.length === 1 && brief.messages.length === 1)
  t.equal(all.messages[0]?.report?.signals?.length, 3)
  t.equal(brief.messages[0]?.report?.signals?.length, 0)
  source.push(
    reportAt(10, {
      verdict: 'Healthy',
      problems: [],
      signals: { 'cpu.load1': [{ subject: 'node', value: 0.5 }], 'disk.writeAwaitMs': [{ subject: 'vda', value: 2 }] },
    }),
  )
  await until('a change', () => all.messages.length === 2 && brief.messages.length === 2)
  t.match(all.messages[1]?.change, {
    time: { seconds: Date.UTC(2026, 10, 22, 3, 0, 10) / 1000 },
    verdict: 'VERDICT_HEALTHY',
    problems: [],
    endedProblems: ['DiskSlow/vdb'],
    conditions: [],
    signals: [{ name: 'cpu.load1', values: [{ subject: 'node', value: 0.5 }] }],
    endedSignals: [
      { name: 'disk.writeAwaitMs', subjects: ['vdb'] },
      { name: 'filesystem.usedRatio', subjects: ['/var', '/var#inodes'] },
    ],
  })
  t.match(brief.messages[1]?.change, { endedProblems: ['DiskSlow/vdb'], signals: [], endedSignals: [] })
  source.push(reportAt(20, { verdict: 'Healthy', problems: [], signals: {} }))
  await until('another', () => brief.messages.length === 3)
  brief.stream.cancel()
  await until('it is gone', () => brief.status() !== null)
  source.push(reportAt(30))
  await until('the others go on', () => all.messages.length === 4)
  t.match(all.messages[3]?.change?.problems, [{ id: 'DiskSlow/vdb' }])
  const begun = Date.now()
  await running.close(4_000)
  t.ok(Date.now() - begun < 2_000, `closed in ${Date.now() - begun} ms with a stream open`)
  t.match(all.status(), { code: grpc.status.UNAVAILABLE, details: 'the agent stops' })
  client.close()
})

t.test('what counts as a change', async t => {
  const heartbeat = (seconds: number, more: Partial<Report> = {}) => reportAt(seconds, { signals: {}, ...more })
  const quiet = changeBetween(heartbeat(0), heartbeat(10), false)
  t.match(quiet, { problems: [], conditions: [], endedProblems: [], endedConditions: [], collectors: [], signals: [] })
  const [condition] = heartbeat(0).conditions
  const other = { ...slowDisk, evidence: { writeAwaitMs: 9 } }
  const change = changeBetween(
    heartbeat(0),
    heartbeat(10, {
      problems: [other],
      conditions: [{ ...condition!, status: 'False', reason: 'NoDiskSlow' }],
      collectors: { loadavg: { status: 'stuck', durationMs: 1, ageMs: 1, error: 'no answer' } },
    }),
    true,
  )
  t.match(change, {
    problems: [{ id: 'DiskSlow/vdb', evidence: { writeAwaitMs: { number: 9 } } }],
    conditions: [{ type: 'DiskSlow', status: 'CONDITION_STATUS_FALSE' }],
    collectors: [{ name: 'loadavg', state: 'COLLECTOR_STATE_STUCK', error: 'no answer' }],
  })
  t.same(changeBetween(heartbeat(0), heartbeat(10, { conditions: [] }), true).endedConditions, ['DiskSlow'])
})

t.test('the number of streams is bounded', async t => {
  const { source, running, port } = await start()
  source.push(reportAt(0))
  const clients = Array.from({ length: 3 }, () => clientOf(port))
  const streams = clients.flatMap(client => Array.from({ length: 30 }, () => watch(client, { omitSignals: true })))
  await until('all have an answer', () => streams.every(({ messages, status }) => messages.length === 1 || status()))
  const refused = streams.filter(({ status }) => status()?.code === grpc.status.RESOURCE_EXHAUSTED)
  t.equal(refused.length, 90 - MAX_WATCHERS)
  for (const client of clients) client.close()
  await running.close(1_000)
})

/** A client that opens WatchStatus and then takes nothing: its windows are full, its pings are answered. */
function deafClient(port: number): { stream: ClientHttp2Stream; closed: () => boolean } {
  const session = http2Connect(`http://127.0.0.1:${port}`)
  let closed = false
  session.on('close', () => (closed = true))
  session.on('error', () => undefined)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/node_agent.v1.NodeAgent/WatchStatus',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => undefined)
  stream.end(Buffer.alloc(5)) // an empty message
  stream.pause()
  return { stream, closed: () => closed }
}

/** A report of about 2 MB: more than windows and socket buffers hold together. */
function bulky(seconds: number): Report {
  const values = Array.from({ length: 20_000 }, (_, n) => ({ subject: `${'x'.repeat(80)}${n}`, value: n + seconds }))
  return reportAt(seconds, { signals: { 'disk.inFlight': values } })
}

t.test('a client that takes nothing is dropped', async t => {
  const { source, running, client, port } = await start(1_500)
  const healthy = watch(client, { omitSignals: true })
  const deaf = deafClient(port)
  await until('both are there', () => deaf.stream.id !== undefined)
  source.push(bulky(0))
  await until('the healthy one has it', () => healthy.messages.length === 1)
  for (let n = 1; n <= 3; n++) source.push(bulky(n))
  await until('it is dropped', deaf.closed)
  t.notOk(healthy.status())
  source.push(reportAt(60))
  await until(
    'others go on',
    () => healthy.messages.at(-1)?.change?.time?.seconds === Date.UTC(2026, 10, 22, 3, 1) / 1000,
  )
  client.close()
  await running.close(1_000)
})

t.test('for a slow client cycles are put together, and one message waits', async t => {
  const source = new FakeSource()
  const written: { message: WatchStatusResponse; taken: () => void }[] = []
  const slow = Object.assign(new EventEmitter(), {
    request: { omitSignals: false },
    write: (message: WatchStatusResponse, taken: () => void) => written.push({ message, taken }),
  })
  const watchers = new Watchers(source, new AbortController().signal)
  watchers.add(slow as unknown as WatchCall, () => t.fail('dropped'))
  for (let seconds = 0; seconds <= 50; seconds += 10) source.push(reportAt(seconds))
  t.equal(written.length, 1, 'nothing more before it took the first')
  t.ok(written[0]?.message.report)
  written[0]?.taken()
  t.equal(written.length, 2)
  t.match(written[1]?.message.change, {
    time: { seconds: Date.UTC(2026, 10, 22, 3, 0, 50) / 1000 },
    signals: [{ name: 'cpu.load1', values: [{ value: 0.5 }] }],
  })
  written[1]?.taken()
  t.equal(written.length, 2, 'nothing is left')
  slow.emit('cancelled')
  source.push(reportAt(60))
  t.equal(written.length, 2)
})

t.test('health', async t => {
  const { source, running, port } = await start()
  const client = new HealthClient(`localhost:${port}`, grpc.credentials.createInsecure())
  t.match(await call(client, 'check', { service: '' }), { status: 'NOT_SERVING' }, 'no report yet')
  const stream = (client as unknown as { watch(request: object): grpc.ClientReadableStream<{ status: string }> }).watch(
    {},
  )
  const seen: string[] = []
  stream.on('data', ({ status }) => seen.push(status))
  stream.on('error', () => undefined)
  await until('its first word', () => seen.length === 1)
  source.push(reportAt(0))
  t.match(await call(client, 'check', { service: 'node_agent.v1.NodeAgent' }), { status: 'SERVING' })
  t.equal(await statusOf(client, 'check', { service: 'nonsense' }), 'NOT_FOUND')
  await until('the change', () => seen.length === 2)
  source.ageMs = 60_000
  await until('the loop stands still', () => seen.length === 3)
  t.same(seen, ['NOT_SERVING', 'SERVING', 'NOT_SERVING'])
  t.same((await call<{ statuses: object }>(client, 'list')).statuses, {
    '': { status: 'NOT_SERVING' },
    'node_agent.v1.NodeAgent': { status: 'NOT_SERVING' },
  })
  const begun = Date.now()
  await running.close(4_000)
  t.ok(Date.now() - begun < 2_000, 'a watcher does not hold it up')
  client.close()
})

t.test('requests and rate are bounded', async t => {
  const { source, running, client, port } = await start()
  source.push(reportAt(0))
  const long = { names: Array.from({ length: 2_000 }, () => 'x'.repeat(50)) }
  t.equal(await statusOf(client, 'listSignals', long), 'RESOURCE_EXHAUSTED')
  const answers = await Promise.all(
    Array.from({ length: LIMITS.burst + 100 }, () => statusOf(client, 'queryHistory', { signal: 'x' })),
  )
  t.ok(answers.includes('RESOURCE_EXHAUSTED'))
  const health = new HealthClient(`localhost:${port}`, grpc.credentials.createInsecure())
  t.match(await call(health, 'check'), { status: 'SERVING' }, 'probes are not')
  health.close()
  client.close()
  const garbage = connect(port, '127.0.0.1', () => garbage.write('GET / HTTP/1.1\r\n\r\n'))
  await new Promise<void>(resolve =>
    garbage
      .on('close', () => resolve())
      .on('error', () => undefined)
      .resume(),
  )
  await running.close(1_000)
})

t.test('TLS, tokens and client certificates as with HTTP', async t => {
  const directory = certificates()
  const pem = (name: string) => readFileSync(join(directory, name))
  const tokens = join(directory, 'tokens')
  writeFileSync(tokens, 'a-token\n')
  const tls = [`tls.certFile=${join(directory, 'server.crt')}`, `tls.keyFile=${join(directory, 'server.key')}`]
  const withToken = new grpc.Metadata()
  withToken.set('authorization', 'Bearer a-token')
  const source = new FakeSource()
  const servers = await startServers(config(...tls, `auth.tokenFile=${tokens}`), source, NO_CALLS, silent)
  source.push(reportAt(0))
  const { port } = servers.grpc
  const client = clientOf(port, grpc.credentials.createSsl(pem('ca.crt')))
  t.equal(await statusOf(client, 'getStatus'), 'UNAUTHENTICATED')
  t.match(await call(client, 'getStatus', {}, withToken), { report: { node: 'worker-3' } })
  const refused = watch(client)
  await until('refused', () => refused.status() !== null)
  t.match(refused.status(), { code: grpc.status.UNAUTHENTICATED })
  const health = new HealthClient(`localhost:${port}`, grpc.credentials.createSsl(pem('ca.crt')))
  t.match(await call(health, 'check'), { status: 'SERVING' }, 'open to everybody')
  const plain = clientOf(port)
  t.equal(await statusOf(plain, 'getStatus'), 'UNAVAILABLE', 'no plain text')
  for (const each of [client, health, plain]) each.close()
  await servers.close(1_000)

  const mutual = await startServers(
    config(...tls, `tls.clientCAFile=${join(directory, 'ca.crt')}`),
    source,
    NO_CALLS,
    silent,
  )
  for (const [name, expected] of [
    ['client', 'OK'],
    ['stranger', 'UNAUTHENTICATED'],
    [null, 'UNAUTHENTICATED'],
  ] as const) {
    const credentials =
      name === null
        ? grpc.credentials.createSsl(pem('ca.crt'))
        : grpc.credentials.createSsl(pem('ca.crt'), pem(`${name}.key`), pem(`${name}.crt`))
    const client = clientOf(mutual.grpc.port, credentials)
    const answer = await statusOf(client, 'getStatus')
    t.equal(answer, expected, String(name))
    client.close()
  }
  await mutual.close(1_000)
})

t.test('a stock client finds its way by reflection', async t => {
  const cache =
    process.env.NODE_AGENT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-agent')
  const grpcurl = join(cache, 'bin/grpcurl')
  if (!existsSync(grpcurl) && process.env.CI !== 'true') {
    t.pass('skipped: no grpcurl; .ci/tools builds it', { skip: true })
    return
  }
  const { source, running, client, port } = await start()
  source.push(reportAt(0))
  const ask = async (...args: string[]) =>
    (await promisify(execFile)(grpcurl, ['-plaintext', ...args.slice(1), `127.0.0.1:${port}`, ...args.slice(0, 1)]))
      .stdout
  t.same((await ask('list')).trim().split('\n'), [
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
    'node_agent.v1.NodeAgent',
  ])
  t.match(JSON.parse(await ask('node_agent.v1.NodeAgent/GetStatus')), {
    report: {
      time: '2026-11-22T03:00:00Z',
      verdict: 'VERDICT_UNHEALTHY',
      problems: [{ evidence: { hot: { flag: true } } }],
    },
  })
  t.match(JSON.parse(await ask('grpc.health.v1.Health/Check')), { status: 'SERVING' })
  await t.rejects(ask('node_agent.v1.Nonsense/GetStatus'), /does not expose service/)
  client.close()
  await running.close(1_000)
})
