/** From Dockerfile and manifests to an agent that sees its node. */
import { spawn } from 'node:child_process'
import t, { type Test } from 'tap'
import type { Report } from '../../agent/report.ts'
import { until } from '../host/beds/wait.ts'
import { agentLog, agentReport, deployAgent, rolledOut } from './agent.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { noCluster } from './programs.ts'

t.setTimeout(0)

t.test('the agent as a DaemonSet', { skip: noCluster() }, async t => {
  const cluster = await startCluster(t)
  await deployAgent(cluster)
  await t.test('every collector finds what the node has', t => readsAll(t, cluster))
  await t.test('a file system that is mounted later is measured', t => seesLaterMounts(t, cluster))
  await t.test('its HTTP is reached by port-forward', t => answersForwarded(t, cluster))
  await t.test('its verdicts survive a rolling restart', t => survivesRestart(t, cluster))
})

async function readsAll(t: Test, cluster: Cluster): Promise<void> {
  const report = await agentReport(cluster, 'a second cycle', ({ agent }) => agent.cycle.count > 1)
  t.equal(report.node, cluster.nodeName)
  const collectors = Object.entries(report.collectors)
  const bad = collectors.filter(([, { status }]) => status !== 'ok' && status !== 'absent')
  t.strictSame(bad, [])
  for (const name of ['mounts', 'filesystems', 'containerlogs', 'conntrack', 'netdev', 'blockdevices'])
    t.equal(report.collectors[name]?.status, 'ok', name)
  t.ok(subjects(report, 'filesystem.sizeBytes').has('/var'), 'the disk of the kubelet')
  t.ok(subjects(report, 'disk.utilizationRatio').has(cluster.disk.loop.name))
}

const subjects = (report: Report, signal: string) =>
  new Map(report.signals[signal]?.map(({ subject, value }) => [subject, value]))

async function seesLaterMounts(t: Test, cluster: Cluster): Promise<void> {
  const bytes = 8 << 20
  const later = '/var/lib/kubelet/later'
  await cluster.exec('sh', '-ec', `mkdir ${later}; mount -t tmpfs -o size=${bytes} later ${later}`)
  const size = (report: Report) => subjects(report, 'filesystem.sizeBytes').get(later)
  t.equal(size(await agentReport(cluster, later, report => size(report) !== undefined)), bytes)
  await cluster.exec('umount', later)
}

async function answersForwarded(t: Test, cluster: Cluster): Promise<void> {
  const args = ['--namespace', 'node-agent', 'port-forward', 'daemonset/node-agent', ':20900']
  const forward = spawn(cluster.kubectlPath, args, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } })
  t.teardown(() => forward.kill())
  let text = ''
  forward.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  const port = await until('a forwarded port', () => /127\.0\.0\.1:(\d+)/.exec(text)?.[1])
  const response = await fetch(`http://127.0.0.1:${port}/status`)
  t.match(await response.json(), { apiVersion: 'node-agent/v1', node: cluster.nodeName })
}

async function survivesRestart(t: Test, cluster: Cluster): Promise<void> {
  const judged = ({ conditions }: Report) => conditions.every(({ status }) => status !== 'Unknown')
  const times = ({ conditions }: Report) => conditions.map(each => [each.type, each.status, each.lastTransitionTime])
  const before = await agentReport(cluster, 'all conditions judged', judged)
  await cluster.kubectl('--namespace', 'node-agent', 'rollout', 'restart', 'daemonset/node-agent')
  await rolledOut(cluster)
  t.match(await agentLog(cluster), /verdicts go on from there/)
  const after = await agentReport(cluster, 'all conditions judged', judged)
  t.ok(after.agent.uptimeSeconds < before.agent.uptimeSeconds, 'another agent')
  t.strictSame(times(after), times(before))
}
