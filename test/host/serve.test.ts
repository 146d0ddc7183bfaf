import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerOf, freePort, reportWith, startAgent, workplace } from './agent.ts'
import { which } from './beds/need.ts'
import { background, run } from './beds/processes.ts'
import { until } from './beds/wait.ts'
import { grpcNeeds, grpcurl, watchStatus } from './grpcurl.ts'
import { hostTest } from './host-test.ts'

/** What promtool says of the names that node-problem-detector gave its metrics. */
const EXCEPTIONS = readFileSync(new URL('../agent/promtool-exceptions.txt', import.meta.url), 'utf8')

hostTest('promtool finds nothing wrong with all metrics but names of old', { commands: ['promtool'] }, async t => {
  const agent = await startAgent(t, { set: { 'metrics.raw': 'true' } })
  const { body, status } = await answerOf(agent.http, '/metrics')
  t.equal(status, 200)
  const { stdout, stderr } = spawnSync(which('promtool') ?? '', ['check', 'metrics'], { input: body, encoding: 'utf8' })
  const known = new Set(EXCEPTIONS.split('\n'))
  t.strictSame(
    `${stdout}${stderr}`.split('\n').filter(line => line && !known.has(line)),
    [],
  )
})

hostTest('Prometheus scrapes it', { commands: ['prometheus'] }, async t => {
  const agent = await startAgent(t)
  const { undo, dir } = await workplace(t)
  const port = await freePort()
  const job = { job_name: 'agent', static_configs: [{ targets: [`127.0.0.1:${agent.http}`] }] }
  // JSON is YAML.
  writeFileSync(
    join(dir, 'prometheus.yml'),
    JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [job] }),
  )
  background(undo, which('prometheus') ?? '', [
    ...['--config.file', join(dir, 'prometheus.yml'), '--storage.tsdb.path', join(dir, 'data')],
    ...['--web.listen-address', `127.0.0.1:${port}`, '--log.level=error'],
  ])
  const ask = async (query: string) => {
    const { body } = await answerOf(port, `/api/v1/query?query=${encodeURIComponent(query)}`)
    return JSON.parse(body).data.result as { metric: Record<string, string>; value: [number, string] }[]
  }
  await until('a scrape', async () => (await ask('up == 1')).length === 1)
  const names = await until('series', async () => {
    const found = await ask('count by (__name__) ({job="agent", __name__=~"node_agent_.+|problem_gauge"})')
    return found.length > 0 && found.map(({ metric }) => metric.__name__)
  })
  t.ok(names.includes('problem_gauge'))
  t.ok(names.length > 10, `${names.length} names`)
  const [series] = await ask('sum(scrape_samples_scraped)')
  t.ok(Number(series?.value[1]) < 1000, `${series?.value[1]} series`)
})

hostTest('grpcurl finds its way by reflection', grpcNeeds, async t => {
  const agent = await startAgent(t)
  const say = (...args: string[]) => run(grpcurl(), '-plaintext', `127.0.0.1:${agent.grpc}`, ...args)
  t.match(say('list'), 'node_agent.v1.NodeAgent')
  t.match(JSON.parse(say('grpc.health.v1.Health/Check')), { status: 'SERVING' })
  const { report } = JSON.parse(say('node_agent.v1.NodeAgent/GetStatus')) as { report: { node: string } }
  t.equal(report.node, (await agent.status()).node)
})

hostTest('a stream tells each cycle, and of the end', grpcNeeds, async t => {
  const agent = await startAgent(t)
  const stream = await watchStatus(t, agent)
  const { count } = (await agent.status()).agent.cycle
  await until('five messages', () => stream.messages() >= 5)
  await reportWith(agent, 'as many cycles', report => report.agent.cycle.count >= count + 4)
  t.equal(await agent.stop(), 0)
  t.match(await stream.ended, /Unavailable/)
})
