import type { Report } from '../../agent/report.ts'
import { conditionStatus, problem, reportWith, signal, startAgent } from './agent.ts'
import * as fillings from './beds/filling.ts'
import { hostTest } from './host-test.ts'

const MIB = 1 << 20

hostTest(
  'when a file system will be full is forecast, and it is a problem before it is full',
  fillings.needs,
  async t => {
    const bed = await fillings.filling('ext4', 200 * MIB, 4 * MIB)
    t.teardown(bed.close)
    const agent = await startAgent(t, { set: { 'rules.DiskFillingUp.for': '2s', 'rules.DiskFillingUp.hold': '2s' } })
    const id = `DiskFillingUp/${bed.mountPoint}`
    const forecasts: { atMs: number; fullInMs: number }[] = []
    const raised: { report: Report; available: number }[] = []
    const note = (report: Report) => {
      const fullInMs = signal(report, 'filesystem.timeToFullMs', bed.mountPoint)
      if (fullInMs !== undefined) forecasts.push({ atMs: Date.parse(report.time), fullInMs })
      if (raised.length === 0 && problem(report, id)) raised.push({ report, available: bed.available() })
    }
    const full = await reportWith(agent, 'a full file system', () => bed.available() < MIB, note)
    const [first] = raised
    t.ok(first && first.available > 5 * MIB, `raised with ${first?.available} bytes available`)
    t.match(first && problem(first.report, id), {
      reason: 'DiskFillsUpSoon',
      subject: { kind: 'Filesystem', name: bed.mountPoint },
    })
    t.equal(first && conditionStatus(first.report, 'DiskFillingUp'), 'True')

    const fullAtMs = Date.parse(full.time)
    // Near the end a constant error, such as the age of a sample, is a large share of what is left.
    const early = forecasts.filter(({ atMs }) => fullAtMs - atMs > 10_000)
    const errors = early.map(({ atMs, fullInMs }) => Math.abs(fullInMs / (fullAtMs - atMs) - 1))
    t.ok(early.length >= 10, `${early.length} forecasts`)
    t.ok(Math.max(...errors) < 0.2, `the worst is ${Math.round(Math.max(...errors) * 100)} % off`)

    bed.empty()
    await reportWith(agent, `the end of ${id}`, report => problem(report, id) === undefined)
  },
)
