import { afterCycles, problem, reportWith, signal, startAgent } from './agent.ts'
import * as sockets from './beds/deaf-sockets.ts'
import { hostTest } from './host-test.ts'

for (const [id, what, make, rate] of [
  ['UDPBufferErrors', 'datagrams that nobody reads', sockets.deafUdpReceiver, 'udp.bufferErrorsPerSecond'],
  [
    'ListenOverflow',
    'connections that nobody accepts',
    sockets.overflowingListener,
    'netstat.ListenOverflowsPerSecond',
  ],
] as const) {
  hostTest(`${what} are a finding on the node, not in a pod's namespace, and it clears`, sockets.needs, async t => {
    const pod = await make('own namespace')
    t.teardown(pod.close)
    const agent = await startAgent(t, {
      set: { interval: '250ms', [`rules.${id}.for`]: '1s', [`rules.${id}.hold`]: '1s' },
    })
    await afterCycles(agent, 10, report => t.notOk(problem(report, id)))
    const node = await make('host')
    t.teardown(node.close)
    const report = await reportWith(agent, id, report => problem(report, id) !== undefined)
    t.match(problem(report, id), { condition: null, subject: { kind: 'Node' } })
    t.ok(Number(signal(report, rate)) > 1)
    node.close()
    await reportWith(agent, `the end of ${id}`, report => problem(report, id) === undefined)
  })
}
