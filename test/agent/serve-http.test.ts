import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { preferredType } from '../../agent/serve/accept.ts'
import { Admission } from '../../agent/serve/auth.ts'
import { buildApp } from '../../agent/serve/http-app.ts'
import { LIMITS } from '../../agent/serve/limits.ts'
import { conditionsSchema, historySchema, problemsSchema, reportSchema } from '../../agent/serve/schemas.ts'
import { FakeSource, reportAt, silent, slowDisk, viewsOf } from './serving.ts'

const open = new Admission({ tokenFile: '', clientCAFile: '' })

async function appWith(source: FakeSource) {
  return buildApp(viewsOf(source), open, silent)
}

t.test('before the first report', async t => {
  const app = await appWith(new FakeSource())
  for (const url of ['/status', '/problems', '/conditions', '/signals', '/readyz']) {
    const answer = await app.inject(url)
    t.match(answer, { statusCode: 503, headers: { 'content-type': /^application\/problem\+json/ } }, url)
    t.match(answer.json(), { status: 503, title: 'Service Unavailable', detail: /no report yet/ })
  }
  t.equal((await app.inject('/livez')).body, 'ok\n')
  t.match((await app.inject('/metrics')).body, /^node_agent_process_cpu_seconds_total \d/m)
  t.same((await app.inject('/history')).json(), { from: null, to: null, series: [] })
})

t.test('the views of a report', async t => {
  const source = new FakeSource()
  const app = await appWith(source)
  source.push(reportAt(10))
  const status = await app.inject('/status')
  t.match(status.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store', vary: 'accept' })
  t.same(status.json(), JSON.parse(JSON.stringify(reportAt(10))), 'nothing is lost on the way')
  t.same((await app.inject('/problems')).json(), [JSON.parse(JSON.stringify(slowDisk))])
  t.match((await app.inject('/conditions')).json(), [
    { type: 'DiskSlow', status: 'True', transition: '2026-11-22T03:00:00.000Z', reason: 'DiskLatencyHigh' },
  ])
  t.same((await app.inject('/signals')).json(), reportAt(10).signals)
  t.equal((await app.inject('/readyz')).body, 'ok\n')
  const text = await app.inject({ url: '/status', headers: { accept: 'text/plain' } })
  t.match(text.headers['content-type'], /^text\/plain/)
  t.match(text.body, /worker-3: Unhealthy, 1 problem[\s\S]*CRITICAL DiskSlow\/vdb/)
  t.notMatch(text.body, '\u001b')
  const head = await app.inject({ method: 'HEAD', url: '/status' })
  t.match(head, { statusCode: 200, body: '' })
})

t.test('the loop that stands still', async t => {
  const source = new FakeSource()
  const app = await appWith(source)
  source.push(reportAt(0))
  source.ageMs = 29_000
  t.equal((await app.inject('/livez')).statusCode, 200)
  source.ageMs = 31_000
  for (const url of ['/livez', '/healthz', '/readyz'])
    t.match((await app.inject(url)).json(), { status: 503, detail: 'The last cycle ended 31 s ago.' }, url)
  source.intervalMs = 20_000
  t.equal((await app.inject('/livez')).statusCode, 200, 'three intervals')
})

t.test('history', async t => {
  const source = new FakeSource()
  const app = await appWith(source)
  const now = Date.now()
  const at = (ago: number) => new Date(now - ago * 1000).toISOString()
  for (const ago of [120, 60, 10]) source.push(reportAt(ago, { time: at(ago) }))
  t.same((await app.inject('/history?signal=cpu.load1')).json(), {
    from: at(120),
    to: at(10),
    series: [
      {
        signal: 'cpu.load1',
        unit: 'count',
        subject: 'node',
        points: [120, 60, 10].map(ago => ({ time: at(ago), value: ago / 100 })),
      },
    ],
  })
  const points = async (query: string) =>
    (await app.inject(`/history?signal=disk.writeAwaitMs&subject=vda&${query}`)).json().series[0].points.length
  t.equal(await points('duration=90s'), 2)
  t.equal(await points(`since=${at(30)}`), 1)
  t.equal((await app.inject('/history')).json().series.length, 5, 'all of them')
  for (const query of [
    'signal=nonsense',
    'duration=soon',
    'since=yesterday',
    `since=${at(1)}&duration=1m`,
    'limit=1',
  ]) {
    const answer = await app.inject(`/history?${query}`)
    t.match(answer.json(), { status: 400, title: 'Bad Request' }, `${query}: ${answer.body}`)
  }
})

t.test('history of everything on a large node is too much for one answer', async t => {
  const source = new FakeSource()
  const app = await appWith(source)
  const values = Array.from({ length: 1_500 }, (_, n) => ({ subject: `d${n}`, value: n }))
  for (let ago = 1_000; ago > 0; ago -= 10)
    source.push(
      reportAt(0, { time: new Date(Date.now() - ago * 1000).toISOString(), signals: { 'disk.inFlight': values } }),
    )
  t.match((await app.inject('/history')).json(), { status: 400, detail: /name a signal/ })
  t.match((await app.inject('/history?signal=disk.inFlight&subject=d7')).json(), { series: { length: 1 } })
})

t.test('errors are problem+json', async t => {
  const app = await appWith(new FakeSource())
  const cases = [
    [{ url: '/nothing' }, 404],
    [{ url: '/' }, 404],
    [{ url: '/%zz' }, 400],
    [{ url: '/status', method: 'POST', payload: '{}' }, 405],
    [{ url: '/nothing', method: 'DELETE' }, 405],
    [{ url: '/status', method: 'OPTIONS' }, 405],
    [{ url: '/status', method: 'GET', payload: 'a body' }, 413],
  ] as const
  for (const [request, status] of cases) {
    const answer = await app.inject(request)
    t.equal(answer.statusCode, status, JSON.stringify(request))
    t.match(answer.headers['content-type'], /^application\/problem\+json/)
    t.match(answer.json(), { type: 'about:blank', status, title: String, detail: String })
    if (status === 405) t.equal(answer.headers.allow, 'GET, HEAD')
  }
})

t.test('a failure of ours tells the caller nothing, and the log all', async t => {
  const source = new FakeSource()
  const lines: string[] = []
  const log = { error: (fields: { err: Error }) => lines.push(fields.err.message) } as never
  const app = await buildApp(viewsOf(source), open, log)
  source.push(reportAt(0, { conditions: null as never }))
  const answer = await app.inject('/conditions')
  t.match(answer.json(), { status: 500, detail: /^The agent failed/ })
  t.equal(lines.length, 1)
})

t.test('requests of one address are bounded, probes are not', async t => {
  const source = new FakeSource()
  const app = await appWith(source)
  source.push(reportAt(0))
  const answers = await Promise.all(Array.from({ length: LIMITS.burst + 100 }, () => app.inject('/problems')))
  const refused = answers.filter(({ statusCode }) => statusCode === 429)
  t.ok(refused.length > 0 && refused.length <= 100, `${refused.length} refused`)
  t.match(refused[0]?.headers, { 'retry-after': '1' })
  t.equal((await app.inject('/livez')).statusCode, 200)
  t.equal((await app.inject({ url: '/problems', remoteAddress: '127.0.0.2' })).statusCode, 200, 'others are not hurt')
})

t.test('the description fits what is served', async t => {
  const source = new FakeSource()
  const app = await appWith(source)
  source.push(reportAt(0, { time: new Date().toISOString() }))
  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } })
  const views = {
    '/status': reportSchema,
    '/problems': problemsSchema,
    '/conditions': conditionsSchema,
    '/history': historySchema,
  }
  for (const [url, schema] of Object.entries(views)) {
    const valid = ajv.validate(schema, (await app.inject(url)).json())
    t.ok(valid, `${url}: ${ajv.errorsText()}`)
  }
  const description = (await app.inject('/openapi.json')).json()
  t.equal(description.openapi, '3.1.0')
  t.same(Object.keys(description.paths), [
    '/status', '/problems', '/conditions', '/signals', '/history', '/metrics', '/livez', '/healthz', '/readyz',
  ]) // biome-ignore format: one list
  for (const [path, { get }] of Object.entries<{ get: { responses: Record<string, { content: object }> } }>(
    description.paths,
  )) {
    t.ok(Object.keys(get.responses['200']!.content).length > 0, path)
    t.ok(get.responses.default, path)
  }
})

t.test('content negotiation', async t => {
  const types = ['application/json', 'text/plain'] as const
  for (const [accept, expected] of [
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/html, */*;q=0.8', 'application/json'],
    ['text/plain', 'text/plain'],
    ['Text/Plain; charset=utf-8', 'text/plain'],
    ['text/*', 'text/plain'],
    ['application/json;q=0.5, text/plain;q=0.6', 'text/plain'],
    ['text/plain;q=0, */*', 'application/json'],
    ['text/plain;q=nonsense', 'application/json'],
    ['image/png', 'application/json'],
    [',;,;;q=', 'application/json'],
  ] as const)
    t.equal(preferredType(accept, types), expected, String(accept))
  const scraper =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.2'
  t.equal(preferredType(scraper, ['text/plain', 'application/openmetrics-text']), 'application/openmetrics-text')
})
