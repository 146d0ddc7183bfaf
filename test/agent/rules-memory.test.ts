import t from 'tap'
import { parseBuddyinfo } from '../../collectors/buddyinfo.ts'
import { parseMeminfo } from '../../collectors/memory.ts'
import type { Stall } from '../../collectors/pressure.ts'
import { parseVmstat } from '../../collectors/vmstat.ts'
import { everHeld, last, play, type Readings, samples, span } from './samples.ts'

const GIB_KB = 1024 ** 2

const memory = (totalKB: number, availableKB: number, more = ''): Readings => ({
  memory: parseMeminfo(`MemTotal: ${totalKB} kB\nMemFree: 9000 kB\nMemAvailable: ${availableKB} kB\n${more}`),
})
const vmstat = (counters: Record<string, number>): Readings => ({
  vmstat: parseVmstat(
    Object.entries(counters)
      .map(([name, value]) => `${name} ${Math.round(value)}\n`)
      .join(''),
  ),
})

/** PSI in which memory `full` stood for this share of time from boot to `second`. */
function psi(second: number, fullRatio: number): Readings {
  const stall = (ratio: number): Stall => ({ totalMicroseconds: second * 1e6 * ratio, avg10: 0, avg60: 0, avg300: 0 })
  const quiet = { some: stall(0), full: stall(0) }
  return { pressure: { cpu: quiet, io: quiet, memory: { some: stall(fullRatio), full: stall(fullRatio) } } }
}

const short = (seconds: number, at: (second: number) => Readings) => play(samples(seconds, at), ['MemoryShort'])

t.test('MemoryShort: held memory, no pressure at all, and its end', async t => {
  const outcomes = short(600, second => memory(GIB_KB, second >= 100 && second < 300 ? 80_000 : 700_000))
  t.same(everHeld(outcomes), ['MemoryShort warning'])
  t.same(span(outcomes, 'MemoryShort'), [160, 350], 'after a minute, until it is well for a minute')
  const [problem] = outcomes[20]!.judgement.problems
  t.equal(problem!.sinceMs, 100_000)
  t.equal(problem!.reason, 'MemoryAvailableLow')
  t.equal(problem!.message, '78.1 MiB of memory is available of 1 GiB; below 200 MiB it is short')
})

t.test('MemoryShort: not over before there is half as much again as the line', async t => {
  const outcomes = short(900, second => memory(GIB_KB, second < 300 ? 200_000 : second < 600 ? 300_000 : 310_000))
  t.same(span(outcomes, 'MemoryShort'), [60, 650])
})

t.test('MemoryShort: well is 10 GiB of 1 TiB, half of 2 GiB, next to nothing beside huge pages', async t => {
  const healthy: Readings[] = [
    memory(1024 * GIB_KB, 10 * GIB_KB),
    memory(2 * GIB_KB, 600_000),
    memory(64 * GIB_KB, GIB_KB, `HugePages_Total: ${61 * 512}\nHugepagesize: 2048 kB\n`),
  ]
  for (const readings of healthy) t.same(everHeld(short(300, () => readings)), [])
})

t.test('MemoryShort: all tasks wait while the node reclaims', async t => {
  const at = (ratio: number, allocstalls: number) => (second: number) => ({
    ...memory(16 * GIB_KB, 4 * GIB_KB),
    ...vmstat({ allocstall_normal: second * allocstalls, pgscan_direct: 0 }),
    ...psi(second, ratio),
  })
  const outcomes = short(300, at(0.12, 3))
  t.same(span(outcomes, 'MemoryShort'), [70, 300])
  t.equal(last(outcomes).judgement.problems[0]!.reason, 'MemoryStalls')
  t.match(last(outcomes).judgement.problems[0]!.message, /all tasks wait for memory 12 % of the time/)
  t.same(everHeld(short(300, at(0.5, 0))), [], 'a pod that reclaims at its own limit')
  t.same(everHeld(short(300, at(0.04, 3))), [], 'reclaim that hurts nobody')
})

t.test('MemoryShort: who still waits keeps it up', async t => {
  const outcomes = short(600, second => ({
    ...memory(GIB_KB, second < 200 ? 80_000 : 700_000),
    ...vmstat({ allocstall: Math.min(second, 400) }),
    ...psi(Math.min(second, 400), 0.03),
  }))
  t.same(span(outcomes, 'MemoryShort'), [60, 460])
})

t.test(
  'MemoryShort: an old kernel without PSI and MemAvailable is not judged, without meminfo it is unknown',
  async t => {
    const old = { memory: parseMeminfo('MemTotal: 500000 kB\nMemFree: 9000 kB\n') }
    t.equal(last(short(100, () => old)).findings[0]!.outcome, 'notYet')
    t.equal(last(short(100, () => ({ memory: 'Io' }))).findings[0]!.outcome, 'unknown')
    t.equal(last(short(100, () => memory(GIB_KB, 700_000))).findings[0]!.outcome, 'judged')
  },
)

const F22 =
  parseBuddyinfo(`Node 0, zone      DMA      1      0      1      0      2      1      1      0      1      1      3
Node 0, zone    DMA32   2725    624    489    178      0      0      0      0      0      0      0
Node 0, zone   Normal   1163   1101    932    222      0      0      0      0      0      0      0
`)
const WHOLE = parseBuddyinfo('Node 0, zone Normal 1163 1101 932 222 90 80 70 60 50 40 300\n')

const fragmented = (seconds: number, at: (second: number) => Readings) =>
  play(samples(seconds, at), ['MemoryFragmented'])
/** Compactions a minute, of which a share fails. */
const compaction = (second: number, perMinute: number, failRatio: number): Readings =>
  vmstat({ compact_stall: (second / 60) * perMinute, compact_fail: (second / 60) * perMinute * failRatio })

t.test('MemoryFragmented: the numbers of the report, and its end', async t => {
  const outcomes = fragmented(900, second => ({
    buddyinfo: second < 500 ? F22 : WHOLE,
    ...compaction(second, 60, 1),
  }))
  t.same(everHeld(outcomes), ['MemoryFragmented warning'])
  t.same(span(outcomes, 'MemoryFragmented'), [130, 550])
  const [problem] = outcomes[30]!.judgement.problems
  t.match(
    problem!.message,
    /^100 % of free memory \(node0\/Normal, node0\/DMA32\) is in blocks smaller than 64 KiB, and 100 % of compactions fail$/,
  )
  t.match(problem!.evidence, { unusableRatio: 1, largestFreeOrder: 3, compactFailRatio: 1, compactStallsPerMinute: 60 })
})

t.test('MemoryFragmented: in pieces still, it ends when nobody compacted in vain for 10 min', async t => {
  const quietFrom = (second: number) => ({ buddyinfo: F22, ...compaction(Math.min(second, 300), 60, 1) })
  t.same(span(fragmented(1500, quietFrom), 'MemoryFragmented'), [130, 950])
  const now = (second: number) => ({
    buddyinfo: F22,
    ...vmstat({
      compact_stall: Math.min(second, 300) + Math.floor(second / 500),
      compact_fail: Math.min(second, 300) + Math.floor(second / 500),
    }),
  })
  t.same(span(fragmented(1500, now), 'MemoryFragmented'), [130, 1500], 'now and then one fails')
  const helps = (second: number) => ({
    buddyinfo: F22,
    ...vmstat({ compact_stall: second, compact_fail: Math.min(second, 300) }),
  })
  t.same(span(fragmented(1500, helps), 'MemoryFragmented'), [130, 950], 'compaction goes on and helps')
  const again = (second: number) => ({ buddyinfo: F22, ...compaction(second < 1500 ? 0 : second, 60, 1) })
  t.same(span(fragmented(1800, again), 'MemoryFragmented'), [1620, 1800], 'quiet for long, then in vain')
})

t.test('MemoryFragmented: a full page cache, compaction that helps and whole memory are well', async t => {
  const well: ((second: number) => Readings)[] = [
    second => ({ buddyinfo: F22, ...compaction(second, 0, 1) }),
    second => ({ buddyinfo: F22, ...compaction(second, 600, 0.5) }),
    second => ({ buddyinfo: F22, ...compaction(second, 6, 1) }),
    second => ({ buddyinfo: WHOLE, ...compaction(second, 600, 1) }),
    () => ({ buddyinfo: F22, ...vmstat({ nr_free_pages: 9 }) }),
  ]
  for (const at of well) {
    const outcomes = fragmented(600, at)
    t.same(everHeld(outcomes), [])
    t.equal(last(outcomes).findings[0]!.outcome, 'judged')
  }
})

t.test('MemoryFragmented: one NUMA node alone is information', async t => {
  const zone = (node: number, pieces: boolean) =>
    `Node ${node}, zone Normal ${pieces ? '9000 0 0 0 0' : '1000 0 0 0 900'} 0 0 0 0 0 0\n`
  const two = (both: (second: number) => boolean) => (second: number) => ({
    buddyinfo: parseBuddyinfo(zone(0, true) + zone(1, both(second))),
    ...compaction(second, 60, 1),
  })
  t.same(
    everHeld(
      fragmented(
        400,
        two(() => false),
      ),
    ),
    ['MemoryFragmented/node0 info'],
  )
  t.same(
    everHeld(
      fragmented(
        400,
        two(() => true),
      ),
    ),
    ['MemoryFragmented warning'],
  )
})

t.test('MemoryFragmented: no buddyinfo, not applicable', async t => {
  t.equal(last(fragmented(100, second => compaction(second, 60, 1))).findings[0]!.outcome, 'notApplicable')
})
