/** What `kubectl describe node` shows of the agent's verdicts, through faults of the node, of the API server, and of others. */
import t, { type Test } from 'tap'
import type { Report } from '../../agent/report.ts'
import { until } from '../host/beds/wait.ts'
import { agentLog, agentReport, deployAgent, rolledOut } from './agent.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { noCluster } from './programs.ts'

t.setTimeout(0)

/** Fast enough for a test; what a rule needs to be sure stays in proportion. */
const CONFIG = `
interval: 2s
publish: { spread: 1s, bootGrace: 0s, after: { warning: 0s } }
rules:
  DiskFillingUp: { for: 4s, hold: 4s }
  KubeletHeartbeatLate: { hold: 4s }
`

/** A kubelet that frees no space by itself: it would remove the agent's image while the agent is restarted. */
const PATIENT = {
  imageGCHighThresholdPercent: 100,
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%', 'imagefs.available': '10%' },
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string
  readonly lastHeartbeatTime: string
}

t.test('conditions and events on a real node', { skip: noCluster() }, async t => {
  const cluster = await startCluster(t, { kubelet: PATIENT })
  await deployAgent(cluster, { config: CONFIG })
  await t.test('every condition is declared, and small', t => declares(t, cluster))
  await t.test('a disk that fills up, and is emptied', t => fillsDisk(t, cluster))
  await t.test('what others alter or remove is mended', t => mends(t, cluster))
  await t.test('a kubelet that stands still is told before the node is NotReady', t => stopsKubelet(t, cluster))
  await t.test('an API server that is away: what happened meanwhile is told with its time', t => losesApi(t, cluster))
  await t.test('a right that is taken away', t => losesRight(t, cluster))
  await t.test('a condition that the configuration no longer has goes away', t => leavesOut(t, cluster))
})

async function conditionsOf({ kubectl, nodeName }: Cluster): Promise<Map<string, Condition>> {
  const node = JSON.parse(await kubectl('get', 'node', nodeName, '-o', 'json')) as {
    status: { conditions: Condition[] }
  }
  return new Map(node.status.conditions.map(condition => [condition.type, condition]))
}

/** The condition once it has this status. */
const turns = (cluster: Cluster, type: string, status: string): Promise<Condition> =>
  until(
    `${type} ${status}`,
    async () => {
      const condition = (await conditionsOf(cluster)).get(type)
      return condition?.status === status && condition
    },
    { everyMs: 500 },
  )

const describeNode = ({ kubectl, nodeName }: Cluster): Promise<string> => kubectl('describe', 'node', nodeName)

async function declares(t: Test, cluster: Cluster): Promise<void> {
  const report = await agentReport(cluster, 'all conditions judged', ({ conditions }) =>
    conditions.every(({ status }) => status !== 'Unknown'),
  )
  const types = report.conditions.map(({ type }) => type)
  const shown = await until('all of them on the Node', async () => {
    const conditions = await conditionsOf(cluster)
    return types.every(type => conditions.has(type)) && conditions
  })
  t.equal(shown.get('Ready')?.status, 'True', "the kubelet's own is untouched")
  for (const type of types) t.equal(shown.get(type)?.status, 'False', type)
  t.match(shown.get('KubeletHeartbeatLate'), { reason: 'NoKubeletHeartbeatLate' })
  t.match(await agentReport(cluster, 'published', ({ publishing }) => publishing.lastWriteTime !== undefined), {
    publishing: { enabled: true, detail: 'published' },
  })

  const text = await cluster.kubectl('get', 'node', cluster.nodeName, '-o', 'json', '--show-managed-fields')
  const node = JSON.parse(text) as {
    metadata: { managedFields: { manager: string }[] }
    status: { conditions: Condition[] }
  }
  const ours = [
    ...node.status.conditions.filter(({ type }) => types.includes(type)),
    ...node.metadata.managedFields.filter(({ manager }) => manager === 'node-agent'),
  ]
  const bytes = ours.reduce((sum, each) => sum + JSON.stringify(each).length, 0)
  t.ok(bytes <= 6 * 1024, `${bytes} bytes of the Node are ours`)
}

const FILLER = '/var/filler'

/** To 12 %, which is within the margin of the rule: the kubelet evicts below 10 %. */
const fill = ({ exec }: Cluster): Promise<string> =>
  exec('sh', '-ec', `set -- $(stat -f -c "%S %b %a" /var); fallocate -l $(( ($3 - $2 * 12 / 100) * $1 )) ${FILLER}`)

async function fillsDisk(t: Test, cluster: Cluster): Promise<void> {
  const before = (await conditionsOf(cluster)).get('DiskFillingUp')!
  const begun = Date.now()
  await fill(cluster)
  const bad = await turns(cluster, 'DiskFillingUp', 'True')
  t.comment(`published ${Date.now() - begun} ms after the fault, with a persistence of 4 s`)
  t.match(bad.message, /\/var .*since \d\d:\d\d:\d\dZ/)
  t.ok(bad.lastTransitionTime >= before.lastTransitionTime)
  t.match(await describeNode(cluster), /DiskFillingUp +True/)
  const event = new RegExp(`Warning +${bad.reason} .*node-agent +DiskFillingUp//var: `)
  await until('the event', async () => event.test(await describeNode(cluster)))

  await cluster.kubectl('--namespace', 'node-agent', 'rollout', 'restart', 'daemonset/node-agent')
  await rolledOut(cluster)
  await agentReport(cluster, 'a judged problem', ({ problems }) => problems.some(({ id }) => /^DiskFilling/.test(id)))
  t.equal((await conditionsOf(cluster)).get('DiskFillingUp')?.lastTransitionTime, bad.lastTransitionTime, 'a restart')

  await cluster.exec('rm', FILLER)
  const good = await turns(cluster, 'DiskFillingUp', 'False')
  t.ok(good.lastTransitionTime > bad.lastTransitionTime)
  await until('the event of its end', async () => /Normal +NoDiskFillingUp /.test(await describeNode(cluster)))
}

async function mends(t: Test, cluster: Cluster): Promise<void> {
  const before = (await conditionsOf(cluster)).get('HighLoad')!
  const patch = (conditions: unknown[]) =>
    cluster.kubectl(
      ...['patch', 'node', cluster.nodeName, '--subresource=status', '--type=strategic'],
      ...['--patch', JSON.stringify({ status: { conditions } })],
    )
  await patch([
    { type: 'HighLoad', status: 'True', reason: 'Nonsense' },
    { $patch: 'delete', type: 'FDPressure' },
  ])
  await turns(cluster, 'FDPressure', 'False')
  t.match(await turns(cluster, 'HighLoad', 'False'), { reason: before.reason, message: before.message })
}

async function stopsKubelet(t: Test, cluster: Cluster): Promise<void> {
  const { kubectl, nodeName } = cluster
  const ready = ['get', 'node', nodeName, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}']
  cluster.stop('kubelet')
  try {
    const late = await turns(cluster, 'KubeletHeartbeatLate', 'True')
    t.equal(await kubectl(...ready), 'True', 'not NotReady yet')
    t.match(late, { reason: 'LeaseNotRenewed', message: /has not renewed its Lease for .*the API server answered in/ })
    await until('NotReady', async () => (await kubectl(...ready)) === 'Unknown')
  } finally {
    cluster.cont('kubelet')
  }
  await turns(cluster, 'KubeletHeartbeatLate', 'False')
  await until('Ready', async () => (await kubectl(...ready)) === 'True')
}

async function losesApi(t: Test, cluster: Cluster): Promise<void> {
  const late = await timesOf(cluster, 'LeaseNotRenewed')
  const begun = Date.now()
  cluster.kill('kube-apiserver')
  await fill(cluster)
  const isFull = async () => (await localReport(cluster)).problems.some(({ id }) => id === 'DiskFillingUp//var')
  await until('the problem', isFull, { everyMs: 1000 })
  await cluster.exec('rm', FILLER)
  await until('its end', async () => !(await isFull()), { everyMs: 1000 })
  const back = Date.now()
  cluster.restart('kube-apiserver')
  const isMeanwhile = (time: number) => time > begun - 1000 && time < back
  const told = async (reason: string) => (await timesOf(cluster, reason)).some(isMeanwhile)
  await until('the event of its beginning', () => told('DiskNearlyFull'), { everyMs: 1000 })
  await until('the event of its end', () => told('NoDiskFillingUp'), { everyMs: 1000 })
  await turns(cluster, 'DiskFillingUp', 'False')
  t.strictSame(await timesOf(cluster, 'LeaseNotRenewed'), late, 'nobody calls the kubelet late for it')
}

/** When events of this reason were last seen, ms since the epoch. */
async function timesOf({ kubectl }: Cluster, reason: string): Promise<number[]> {
  const text = await kubectl('get', 'events.events.k8s.io', '--namespace=default', '-o', 'json')
  const { items } = JSON.parse(text) as {
    items: { reason: string; eventTime: string; series?: { lastObservedTime: string } }[]
  }
  return items
    .filter(event => event.reason === reason)
    .map(({ eventTime, series }) => Date.parse(series?.lastObservedTime ?? eventTime))
}

/** Asked on the node itself: without an API server kubectl reaches nobody. */
const localReport = async ({ exec }: Cluster): Promise<Report> =>
  JSON.parse(await exec('curl', '--silent', '--fail', 'http://127.0.0.1:20900/status')) as Report

async function losesRight(t: Test, cluster: Cluster): Promise<void> {
  const role = JSON.parse(await cluster.kubectl('get', 'clusterrole', 'node-agent', '-o', 'json')) as {
    rules: unknown[]
  }
  const setRules = (rules: unknown[]) =>
    cluster.kubectl('patch', 'clusterrole', 'node-agent', '--type=merge', '--patch', JSON.stringify({ rules }))
  await setRules(role.rules.filter(rule => !JSON.stringify(rule).includes('nodes/status')))
  await cluster.kubectl(
    ...['patch', 'node', cluster.nodeName, '--subresource=status', '--type=strategic'],
    ...[
      '--patch',
      JSON.stringify({ status: { conditions: [{ type: 'HighLoad', status: 'True', reason: 'Nonsense' }] } }),
    ],
  )
  const refused = await agentReport(cluster, 'a refusal', ({ publishing }) => /forbidden/.test(publishing.detail))
  t.match(refused.publishing.detail, /cannot patch resource "nodes\/status"/)
  t.match(await agentLog(cluster), /cannot patch resource/)
  await setRules(role.rules)
  await turns(cluster, 'HighLoad', 'False')
}

async function leavesOut(t: Test, cluster: Cluster): Promise<void> {
  await deployAgent(cluster, { config: `${CONFIG}  HighLoad: { enabled: false }\n` })
  await until('HighLoad to go', async () => !(await conditionsOf(cluster)).has('HighLoad'))
  t.equal((await conditionsOf(cluster)).get('Ready')?.status, 'True')
}
