import t from 'tap'
import { HISTORY_MS, History } from '../../agent/history.ts'
import type { Report } from '../../agent/report.ts'

const START = Date.UTC(2026, 10, 22)
type Values = Readonly<Record<string, Readonly<Record<string, number>>>>

function frame(seconds: number, values: Values): Pick<Report, 'time' | 'signals'> {
  return {
    time: new Date(START + seconds * 1000).toISOString(),
    signals: Object.fromEntries(
      Object.entries(values).map(([signal, subjects]) => [
        signal,
        Object.entries(subjects).map(([subject, value]) => ({ subject, value })),
      ]),
    ),
  }
}

t.test('what was there, when, and what was not', async t => {
  const history = new History(10_000)
  history.record(frame(0, { a: { x: 1 } }))
  history.record(frame(10, { a: { x: 2, y: 20 } }))
  history.record(frame(20, { a: { y: 30 }, b: { node: 5 } }))
  t.same(history.query({}), {
    timesMs: [START, START + 10_000, START + 20_000],
    series: [
      { signal: 'a', subject: 'x', values: Float64Array.of(1, 2, Number.NaN) },
      { signal: 'a', subject: 'y', values: Float64Array.of(Number.NaN, 20, 30) },
      { signal: 'b', subject: 'node', values: Float64Array.of(Number.NaN, Number.NaN, 5) },
    ],
  })
  t.same(history.query({ signal: 'a', subject: 'y', sinceMs: START + 15_000 }), {
    timesMs: [START + 20_000],
    series: [{ signal: 'a', subject: 'y', values: Float64Array.of(30) }],
  })
  t.same(history.query({ signal: 'a', subject: 'x', sinceMs: START + 15_000 }).series, [], 'no value in this time')
  t.same(history.query({ signal: 'none' }).series, [])
  t.same(new History(10_000).query({}), { timesMs: [], series: [] })
})

t.test('it reaches 30 minutes back, and what vanished is forgotten', async t => {
  const history = new History(10_000)
  history.record(frame(0, { a: { gone: 1, x: 0 } }))
  for (let seconds = 10; seconds <= 3600; seconds += 10) {
    history.record(frame(seconds, { a: { x: seconds } }))
    if (seconds === 1800) t.equal(history.seriesCount, 2, 'it was there half an hour ago')
    if (seconds === 1810) t.equal(history.seriesCount, 1, 'and now it is out of reach')
  }
  const { timesMs, series } = history.query({})
  t.equal(timesMs.at(-1)! - timesMs[0]!, HISTORY_MS)
  t.equal(series.length, 1)
  t.equal(series[0]?.values[0], 1800)
  t.equal(series[0]?.values.at(-1), 3600)
})

t.test('a short interval fills no more memory, and still reaches 30 minutes back', async t => {
  const history = new History(100)
  for (let tenths = 0; tenths <= 36_000; tenths++) history.record(frame(tenths / 10, { a: { x: tenths } }))
  const { timesMs } = history.query({})
  t.ok(timesMs.length <= 361, `${timesMs.length} points`)
  t.ok(timesMs.at(-1)! - timesMs[0]! >= HISTORY_MS * 0.98)
})

t.test('jittered cycles are all kept, also when the clock is set back', async t => {
  const history = new History(10_000)
  for (const seconds of [0, 9, 19.5, 28.5, -100, -90]) history.record(frame(seconds, { a: { x: seconds } }))
  t.equal(history.query({}).timesMs.length, 6)
})

t.test('the number of series is bounded: what is there counts more than what was', async t => {
  const history = new History(10_000)
  const many = (from: number, count: number) => ({
    a: Object.fromEntries(Array.from({ length: count }, (_, n) => [`s${from + n}`, n])),
  })
  history.record(frame(0, many(0, 2_500)))
  t.equal(history.seriesCount, 2_000)
  t.equal(history.leftOut, 500)
  for (let n = 1; n <= 4; n++) history.record(frame(n * 10, many(10_000, 100)))
  t.equal(history.leftOut, 0, 'old ones made room')
  t.equal(history.query({ signal: 'a', subject: 's10000' }).series.length, 1)
  t.ok(history.seriesCount <= 2_000)
})
