import { connect } from 'node:net'
import type { Test } from 'tap'
import { type Agent, afterCycles, answerOf, conditionStatus, reportWith, startAgent } from './agent.ts'
import * as fuses from './beds/fuse.ts'
import { childrenOf, waiting } from './beds/kernel.ts'
import { until } from './beds/wait.ts'
import { grpcNeeds, watchStatus } from './grpcurl.ts'
import { hostTest } from './host-test.ts'

/** Helpers that may hang at one time: four with the node's own directories, and here one with the one mount that is served. */
const MOST_STUCK = 5
/** And one at work for each, and in the beginning the one that takes the inventory. */
const MOST_CHILDREN = MOST_STUCK + 3

hostTest(
  'a file system that hangs holds up one collector and nothing else, not even the ports',
  fuses.needs,
  async t => {
    const bed = await fuses.fuseMount()
    t.teardown(bed.close)
    bed.hang()
    const first = await startAgent(t)
    const report = await reportWith(first, 'one stuck collector', ({ collectors }) => {
      return (
        /did not answer/.test(collectors.networkfilesystems?.error ?? '') && collectors.filesystems?.status === 'ok'
      )
    })
    t.match(report.collectors.networkfilesystems, { status: 'stuck', error: bed.mountPoint })
    const later = await afterCycles(first, 10)
    t.equal(later.agent.cycle.gaps, 0)
    const hanging = await until('a helper that hangs', () =>
      childrenOf(first.pid).find(pid => waiting(pid)?.state === 'D'),
    )

    process.kill(first.pid, 'SIGKILL')
    t.equal(await first.ended, 'SIGKILL')
    const second = await startAgent(t, { http: first.http, grpc: first.grpc })
    t.equal((await answerOf(second.http, '/livez')).status, 200, 'the next agent has the ports')
    t.equal(waiting(hanging)?.state, 'D', 'while the helper of the first still hangs')
    bed.answer()
    await until('the end of that helper', () => waiting(hanging) === undefined)
    t.equal(await second.stop(), 0)
  },
)

hostTest('five servers that are silent take nothing from the file systems of the node', fuses.needs, async t => {
  for (let count = 0; count < 5; count++) {
    const bed = await fuses.fuseMount()
    t.teardown(bed.close)
    bed.hang()
  }
  const agent = await startAgent(t)
  await until('no helper left for what is served', () => stuckOf(agent).length === 4)
  const report = await afterCycles(agent, 5)
  t.equal(report.collectors.networkfilesystems?.status, 'stuck')
  t.equal(report.collectors.filesystems?.status, 'ok')
  t.equal(report.collectors.nodepaths?.status, 'ok')
  t.equal(conditionStatus(report, 'DiskFillingUp'), 'False')
  t.equal(await agent.stop(), 0)
})

const needs = { ...fuses.needs, commands: [...fuses.needs.commands, ...grpcNeeds.commands] }

hostTest('many calls that hang make a few helpers, and the agent stops in order', needs, async t => {
  const bed = await fuses.fuseMount()
  t.teardown(bed.close)
  bed.hang()
  const below = (name: string) => JSON.stringify(['a', 'b'].map(part => `${bed.mountPoint}/${name}-${part}`))
  const agent = await startAgent(t, {
    set: {
      'places.kubeletRoots': below('kubelet'),
      'places.runtimeRoots': below('runtime'),
      'places.dockerRoots': below('docker'),
      'places.podLogRoots': below('logs'),
    },
  })
  const counts = new Set<number>()
  const count = () => void counts.add(childrenOf(agent.pid).length)
  await until('as many hanging helpers as there may be', () => {
    count()
    return stuckOf(agent).length === MOST_STUCK
  })
  await afterCycles(agent, 20, count)
  t.ok(Math.max(...counts) <= MOST_CHILDREN, `at most ${Math.max(...counts)} children`)

  openRequests(t, agent)
  const stream = await watchStatus(t, agent)
  // 0 is the orderly end; an agent that does not get there in time kills itself.
  t.equal(await agent.stop(), 0)
  t.match(agent.log(), /node-agent stopped/)
  t.match(await stream.ended, /Unavailable/)
})

const stuckOf = ({ pid }: Agent): number[] => childrenOf(pid).filter(child => waiting(child)?.state === 'D')

/** What clients leave open: a request without its end, a connection without a request. */
function openRequests(t: Test, { http }: Agent): void {
  for (const text of ['GET /status HTTP/1.1\r\nHost: node\r\n', '']) {
    const socket = connect(http, '127.0.0.1', () => socket.write(text))
    socket.on('error', () => undefined) // the agent's end
    t.teardown(() => socket.destroy())
  }
}
