import { afterCycles, problem, reportWith, signal, startAgent } from './agent.ts'
import * as sockets from './beds/deaf-sockets.ts'
import * as errors from './beds/filesystem-errors.ts'
import { until } from './beds/wait.ts'
import { hostTest } from './host-test.ts'

const ID = 'UDPBufferErrors'
const INTERVAL_MS = 250

hostTest('a stopped agent concludes nothing from the time it missed', sockets.needs, async t => {
  const bed = await sockets.deafUdpReceiver('host')
  t.teardown(bed.close)
  const agent = await startAgent(t, { set: { interval: `${INTERVAL_MS}ms`, [`rules.${ID}.for`]: '2500ms' } })
  await reportWith(agent, 'lost datagrams', report => (signal(report, 'udp.bufferErrorsPerSecond') ?? 0) > 10)
  process.kill(agent.pid, 'SIGSTOP')
  const missedMs = 20 * INTERVAL_MS
  await pastBy(missedMs)
  process.kill(agent.pid, 'SIGCONT')
  const report = await reportWith(agent, 'the gap', ({ agent }) => agent.cycle.gaps === 1)
  t.ok(report.agent.cycle.lastGapMs >= missedMs)
  t.equal(problem(report, ID), undefined, 'the missed time is twice `for`, and does not count')
  t.match(agent.log(), 'nothing is concluded from that time')
  const raised = await reportWith(agent, ID, report => problem(report, ID) !== undefined)
  t.ok(raised.agent.cycle.count - report.agent.cycle.count >= 5, 'what it sees itself does')
  t.equal(raised.agent.cycle.gaps, 1)
})

/** The passing of time is what is tested here, so it is what is waited for. */
function pastBy(ms: number): Promise<true> {
  const start = performance.now()
  return until(`${ms} ms to pass`, () => performance.now() - start > ms || undefined) as Promise<true>
}

hostTest('a restart in the same boot keeps when a problem began', sockets.needs, async t => {
  const bed = await sockets.deafUdpReceiver('host')
  t.teardown(bed.close)
  const set = { interval: `${INTERVAL_MS}ms`, [`rules.${ID}.for`]: '2s', [`rules.${ID}.hold`]: '2s' }
  const first = await startAgent(t, { set })
  const began = problem(await reportWith(first, ID, report => problem(report, ID) !== undefined), ID)?.since
  t.equal(await first.stop(), 0)
  const second = await startAgent(t, { set, stateFile: first.stateFile })
  const seen: (string | undefined)[] = []
  await afterCycles(second, 8, report => seen.push(problem(report, ID)?.since))
  process.kill(second.pid, 'SIGKILL')
  await second.ended
  const third = await startAgent(t, { set, stateFile: first.stateFile })
  await afterCycles(third, 4, report => seen.push(problem(report, ID)?.since))
  t.strictSame([...new Set(seen)], [began])
  bed.close()
  await reportWith(third, `the end of ${ID}`, report => problem(report, ID) === undefined)
})

hostTest(
  'errors of a file system are told once a boot, and that it turned read-only although nobody looked',
  errors.needs,
  async t => {
    const bed = await errors.erringFileSystem()
    t.teardown(bed.close)
    const set = { interval: `${INTERVAL_MS}ms`, 'rules.ReadonlyFilesystem.for': '1s' }
    const corrupt = `FilesystemCorrupt/${bed.mountPoint}`
    const first = await startAgent(t, { set })
    const told = problem(
      await reportWith(first, corrupt, report => problem(report, corrupt) !== undefined),
      corrupt,
    )?.since
    t.equal(await first.stop(), 0)
    const second = await startAgent(t, { set, stateFile: first.stateFile })
    const seen: (string | undefined)[] = []
    await afterCycles(second, 8, report => seen.push(problem(report, corrupt)?.since))
    t.strictSame([...new Set(seen)], [told], 'not told anew')
    t.equal(await second.stop(), 0)
    bed.turnReadOnly()
    const third = await startAgent(t, { set, stateFile: first.stateFile })
    const id = `ReadonlyFilesystem/${bed.mountPoint}`
    const report = await reportWith(third, id, report => problem(report, id) !== undefined)
    t.match(problem(report, id)?.message, 'was remounted read-only')
  },
)
