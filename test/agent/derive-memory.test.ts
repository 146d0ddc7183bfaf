import t from 'tap'
import { parseBuddyinfo } from '../../collectors/buddyinfo.ts'
import { parseMeminfo } from '../../collectors/memory.ts'
import { parseVmstat } from '../../collectors/vmstat.ts'
import { parseZoneinfo } from '../../collectors/zoneinfo.ts'
import { last, play, type Readings, sampleAt } from './samples.ts'

const derived = (...readings: Readings[]) =>
  last(play(readings.map((each, index) => sampleAt(index * 10, each)))).signals
const meminfo = (lines: Record<string, number>) =>
  parseMeminfo(
    Object.entries(lines)
      .map(([name, kB]) => `${name}: ${kB} kB\n`)
      .join(''),
  )
const vmstat = (counters: Record<string, number>) =>
  parseVmstat(
    Object.entries(counters)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  )
const GIB = 1024 ** 3
const MIB = 1024 ** 2

t.test('sizes, and the line below which memory is short', async t => {
  const line = (totalGiB: number, more: Record<string, number> = {}) =>
    derived({ memory: meminfo({ MemTotal: totalGiB * 1024 ** 2, MemFree: 1, ...more }) }).get('memory.lineBytes')
  t.equal(line(2), 200 * MIB, 'at least 100 MiB over the eviction line')
  t.equal(line(16), 100 * MIB + Math.round(0.02 * 16 * GIB), '2 %')
  t.equal(line(1024), 100 * MIB + 2 * GIB, 'at most 2 GiB')
  t.equal(line(1024, { Hugetlb: 1016 * 1024 ** 2 }), 100 * MIB + Math.round(0.02 * 8 * GIB), 'huge pages do not count')

  const signals = derived({
    memory: meminfo({
      MemTotal: 2097152,
      MemFree: 10,
      MemAvailable: 102400,
      SwapTotal: 100,
      SwapFree: 40,
      Cached: 5,
      Buffers: 1,
    }),
  })
  t.equal(signals.get('memory.availableBytes'), 100 * MIB)
  t.equal(signals.get('memory.availableRatio'), 102400 / 2097152)
  t.equal(signals.get('memory.availableOfLineRatio'), 0.5)
  t.equal(signals.get('memory.marginBytes'), -100 * MIB)
  t.equal(signals.get('memory.swapUsedBytes'), 60 * 1024)
  t.equal(signals.get('memory.cachedBytes'), 6 * 1024)
})

t.test('huge pages of the default size where the kernel does not add all sizes up', async t => {
  const memory = parseMeminfo('MemTotal: 4194304 kB\nMemFree: 1 kB\nHugePages_Total: 1024\nHugepagesize: 2048 kB\n')
  t.equal(derived({ memory }).get('memory.hugepagesBytes'), 2 * GIB)
})

t.test('MemAvailable estimated where the kernel does not', async t => {
  // Of Linux 6.12 on 16 GiB, which says 11 820 336 kB itself.
  const lines = { MemFree: 2113004, 'Active(file)': 5229896, 'Inactive(file)': 4023652, SReclaimable: 902116 }
  const signals = derived({ memory: meminfo({ MemTotal: 16374612, ...lines }) })
  const low = 1.25 * Math.sqrt(16 * 16374612)
  const kilobytes = 2113004 + 5229896 + 4023652 + 902116 - 3 * low
  t.equal(signals.get('memory.availableBytes'), Math.round(kilobytes * 1024))
  t.ok((signals.get('memory.availableOfLineRatio') ?? 0) > 20)
  const none = derived({ memory: meminfo({ MemTotal: 1e6, MemFree: 0, 'Active(file)': 0, 'Inactive(file)': 0 }) })
  t.equal(none.get('memory.availableBytes'), 0, 'never negative')
})

t.test('neither MemAvailable nor page cache, no margin', async t => {
  const signals = derived({ memory: meminfo({ MemTotal: 2097152, MemFree: 10 }) })
  for (const name of ['memory.availableBytes', 'memory.marginBytes', 'memory.availableOfLineRatio'] as const)
    t.equal(signals.get(name), undefined, name)
})

t.test('rates of vmstat, whatever the kernel calls them', async t => {
  const six = derived(
    {
      vmstat: vmstat({
        allocstall_dma32: 5,
        allocstall_normal: 10,
        pgscan_direct: 100,
        pgscan_direct_throttle: 9,
        oom_kill: 0,
      }),
    },
    {
      vmstat: vmstat({
        allocstall_dma32: 5,
        allocstall_normal: 30,
        pgscan_direct: 400,
        pgscan_direct_throttle: 99,
        oom_kill: 1,
      }),
    },
  )
  t.equal(six.get('vmstat.allocstallPerSecond'), 2)
  t.equal(six.get('vmstat.pgscan_directPerSecond'), 30)
  t.equal(six.get('vmstat.oom_killPerSecond'), 0.1)
  t.equal(six.get('vmstat.compact_stallPerSecond'), undefined, 'without CONFIG_COMPACTION')
  const three = derived(
    { vmstat: vmstat({ allocstall: 5, pgscan_direct_dma: 1, pgscan_direct_normal: 2, workingset_refault: 7 }) },
    { vmstat: vmstat({ allocstall: 15, pgscan_direct_dma: 11, pgscan_direct_normal: 22, workingset_refault: 17 }) },
  )
  t.equal(three.get('vmstat.allocstallPerSecond'), 1)
  t.equal(three.get('vmstat.pgscan_directPerSecond'), 3)
  t.equal(three.get('vmstat.workingset_refault_filePerSecond'), 1)
  t.equal(three.get('vmstat.oom_killPerSecond'), undefined, 'before Linux 4.13')
})

t.test('no rate on the first sample, after a reset, without a reading', async t => {
  const rate = (...readings: Readings[]) => derived(...readings).get('vmstat.pgmajfaultPerSecond')
  const at = (pgmajfault: number): Readings => ({ vmstat: vmstat({ pgmajfault }) })
  t.equal(rate(at(5)), undefined)
  t.equal(rate(at(5), at(4)), undefined)
  t.equal(rate(at(5), { vmstat: 'Io' }), undefined)
  t.equal(rate({ vmstat: 'Io' }, at(5)), undefined)
  t.equal(rate(at(5), at(5)), 0)
})

// The numbers of a node on which containers failed to start with "page allocation failure: order:6".
const F22 =
  parseBuddyinfo(`Node 0, zone      DMA      1      0      1      0      2      1      1      0      1      1      3
Node 0, zone    DMA32   2725    624    489    178      0      0      0      0      0      0      0
Node 0, zone   Normal   1163   1101    932    222      0      0      0      0      0      0      0
`)

t.test('unusable free memory by the formula of the kernel', async t => {
  const signals = derived({ buddyinfo: F22 })
  // DMA32: 2725 + 2*624 + 4*489 + 8*178 = 7353 pages, of which 1424 are in blocks of 8.
  t.equal(signals.get('zone.freePages', 'node0/DMA32'), 7353)
  t.equal(signals.get('zone.largestFreeOrder', 'node0/DMA32'), 3)
  t.equal(signals.get('zone.unusableOrder3Ratio', 'node0/DMA32'), (7353 - 1424) / 7353)
  t.equal(signals.get('zone.unusableOrder4Ratio', 'node0/DMA32'), 1)
  t.equal(signals.get('zone.largestFreeOrder', 'node0/DMA'), 10)
  t.equal(signals.get('zone.unusableOrder10Ratio', 'node0/DMA'), (3973 - 3072) / 3973)
  t.equal(signals.get('memory.unusableRatio'), 1, 'zone DMA does not hide it')
})

t.test('the main zones of a NUMA node are those that hold most of its managed pages', async t => {
  const zoneinfo = parseZoneinfo(`Node 0, zone DMA
        managed 3840
Node 0, zone DMA32
        managed 700000
Node 0, zone Normal
        managed 7000000
Node 0, zone Movable
        managed 90000000
Node 1, zone Normal
        managed 8000000
`)
  const buddyinfo = parseBuddyinfo(`Node 0, zone DMA 0 0 0 0 0 0 0 0 1 1 3
Node 0, zone DMA32 0 0 0 0 0 0 0 0 0 0 500
Node 0, zone Normal 1000 0 0 0 0 0 0 0 0 0 0
Node 0, zone Movable 0 0 0 0 0 0 0 0 0 0 9999
Node 1, zone Normal 32 0 0 0 2 0 0 0 0 0 0
`)
  const [outcome] = play([sampleAt(0, { buddyinfo, zoneinfo })])
  t.equal(outcome!.signals.get('numa.unusableRatio', 'node0'), 1)
  t.equal(outcome!.signals.get('numa.unusableRatio', 'node1'), 0.5)
  t.equal(outcome!.signals.get('memory.unusableRatio'), 0.5, 'the best NUMA node can still serve')
})

t.test('a VM up to 3 GiB has only DMA32, an arm64 one perhaps only DMA', async t => {
  const small = parseBuddyinfo('Node 0, zone DMA 0 0 0 0 0 0 0 0 1 1 3\nNode 0, zone DMA32 900 0 0 0 0 0 0 0 0 0 0\n')
  t.equal(derived({ buddyinfo: small }).get('memory.unusableRatio'), 1)
  const arm = parseBuddyinfo('Node 0, zone DMA 16 0 0 0 3 0 0 0 0 0 0\n')
  t.equal(derived({ buddyinfo: arm }).get('memory.unusableRatio'), 0.25)
})

t.test('blocks are judged by size: a page of 64 KiB is never too small', async t => {
  const buddyinfo = parseBuddyinfo(`Node 0, zone Normal 5000${' 0'.repeat(13)}\n`)
  const pages = (kB: number): Readings => ({
    buddyinfo,
    memory: meminfo({ MemTotal: 9, MemFree: 9, Mapped: 1000 * kB + 7 }),
    vmstat: vmstat({ nr_mapped: 1001 }),
  })
  t.equal(derived(pages(64)).get('memory.unusableRatio'), 0)
  t.equal(derived(pages(4)).get('memory.unusableRatio'), 1)
})

t.test('compaction is counted over a minute', async t => {
  const at = (second: number, stalls: number, fails: number) =>
    sampleAt(second, { vmstat: vmstat({ compact_stall: stalls, compact_fail: fails }) })
  const all = [at(0, 100, 90), at(30, 100, 90), at(60, 130, 117), at(90, 130, 117), at(120, 130, 117), at(150, 3, 3)]
  const outcomes = play(all, [], 30_000)
  const values = (name: 'memory.compactStallsPerMinute' | 'memory.compactFailRatio') =>
    outcomes.map(({ signals }) => signals.get(name))
  t.same(values('memory.compactStallsPerMinute'), [undefined, 0, 30, 30, 0, undefined])
  t.same(values('memory.compactFailRatio'), [undefined, undefined, 0.9, 0.9, undefined, undefined])
})
