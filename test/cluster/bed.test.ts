/** The cluster itself: when a verdict is missing, this tells whether what it speaks of was there. */
import t, { type Test } from 'tap'
import { diskCounters } from '../host/beds/kernel.ts'
import { processState } from '../host/beds/processes.ts'
import { until } from '../host/beds/wait.ts'
import { BUSYBOX_IMAGE, type Cluster, startCluster } from './cluster.ts'
import { noCluster } from './programs.ts'

t.setTimeout(0)

t.test('a real cluster', { skip: noCluster() }, async t => {
  const cluster = await startCluster(t)
  await t.test('a pod runs and reaches the API server by its service', t => runsPods(t, cluster))
  await t.test('components stop, go on, end and start', t => obeys(t, cluster))
  await t.test('its disk can be slow', t => slowDisk(t, cluster))
})

async function runsPods(t: Test, cluster: Cluster): Promise<void> {
  const command = ['sh', '-c', 'nc -w 5 $KUBERNETES_SERVICE_HOST 443 < /dev/null && echo reached; sleep 1000']
  const container = { name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'Never', command }
  const metadata = { name: 'caller' }
  const spec = { containers: [container], terminationGracePeriodSeconds: 0 }
  await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }))
  t.ok(await until('the answer', async () => (await cluster.kubectl('logs', 'caller')).includes('reached')))
  t.match(await cluster.kubectl('exec', 'caller', '--', 'cat', '/proc/1/cmdline'), 'sleep')
}

async function obeys(t: Test, cluster: Cluster): Promise<void> {
  const kubelet = cluster.pid('kubelet')
  cluster.stop('kubelet')
  t.ok(await until('it stands', () => processState(kubelet) === 'T'))
  cluster.cont('kubelet')
  t.ok(await until('it goes on', () => processState(kubelet) === 'S'))
  cluster.kill('kube-apiserver')
  await t.rejects(cluster.kubectl('get', '--raw', '/readyz'))
  cluster.restart('kube-apiserver')
  t.equal(await until('the API server', () => cluster.kubectl('get', '--raw', '/readyz')), 'ok')
}

async function slowDisk(t: Test, { disk, exec }: Cluster): Promise<void> {
  const write = () => exec('dd', 'if=/dev/zero', 'of=/var/file', 'bs=64k', 'count=8', 'oflag=direct')
  const awaitMs = async () => {
    const before = diskCounters(disk.loop.name)
    await write()
    const after = diskCounters(disk.loop.name)
    return (after.writeMs - before.writeMs) / (after.writes - before.writes)
  }
  const lift = disk.throttle(256 << 10)
  t.ok((await awaitMs()) > 100)
  lift()
  t.ok(await until('a quick write', async () => (await awaitMs()) < 50))
}
