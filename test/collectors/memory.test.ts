import t from 'tap'
import { parseBuddyinfo } from '../../collectors/buddyinfo.ts'
import { parseMeminfo } from '../../collectors/memory.ts'
import { parseVmstat } from '../../collectors/vmstat.ts'
import { parseZoneinfo } from '../../collectors/zoneinfo.ts'
import { totalParser } from './total.ts'

const MEMINFO = `MemTotal:       24684092 kB
MemFree:        20693496 kB
MemAvailable:   21417500 kB
Active(file):     615676 kB
SReclaimable:     278576 kB
VmallocTotal:   34359738367 kB
HugePages_Total:    1024
HugePages_Free:        7
Hugepagesize:       2048 kB
Hugetlb:         2097152 kB
`

t.test('meminfo: kB become bytes, huge pages stay a number', async t => {
  t.same(
    [...parseMeminfo(MEMINFO)],
    [
      ['MemTotal', 25276510208],
      ['MemFree', 21190139904],
      ['MemAvailable', 21931520000],
      ['Active(file)', 630452224],
      ['SReclaimable', 285261824],
      ['VmallocTotal', 35184372087808],
      ['HugePages_Total', 1024],
      ['HugePages_Free', 7],
      ['Hugepagesize', 2097152],
      ['Hugetlb', 2147483648],
    ],
  )
})

t.test('meminfo before Linux 3.14 has no MemAvailable', async t => {
  const old = parseMeminfo('MemTotal:         501492 kB\nMemFree:           39952 kB\nBuffers:           10172 kB\n')
  t.equal(old.get('MemFree'), 40910848)
  t.equal(old.has('MemAvailable'), false)
})

t.test('damaged meminfo', async t => {
  t.throws(() => parseMeminfo(''), /the file is empty/)
  t.throws(() => parseMeminfo('MemTotal: 5 kB\n'), /no line "MemFree" in kB/)
  t.throws(() => parseMeminfo(MEMINFO.replace('20693496', '206x3496')), /MemFree is "206x3496", not a counter/)
  t.throws(() => parseMeminfo(MEMINFO.replace('20693496', '-1')), /MemFree is "-1", not a counter/)
  t.throws(() => parseMeminfo(`${MEMINFO}garbage\n`), /a line without a name/)
  const cut = parseMeminfo(MEMINFO.slice(0, MEMINFO.indexOf('278576') + 3))
  t.equal(cut.has('SReclaimable'), false, 'a value that may be cut off is left out')
})

t.test('meminfo parser is total', async t => totalParser(t, parseMeminfo, MEMINFO))

const BUDDYINFO = `Node 0, zone      DMA      0      0      0      0      0      0      0      0      1      1      3 
Node 0, zone    DMA32   2725    624    489    178      0      0      0      0      0      0      0 
Node 1, zone   Normal   1163   1101    932    222      0      0      0      0      0      0      0 
`

t.test('buddyinfo: free blocks by order', async t => {
  t.same(parseBuddyinfo(BUDDYINFO), [
    { node: 0, zone: 'DMA', blocks: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 3] },
    { node: 0, zone: 'DMA32', blocks: [2725, 624, 489, 178, 0, 0, 0, 0, 0, 0, 0] },
    { node: 1, zone: 'Normal', blocks: [1163, 1101, 932, 222, 0, 0, 0, 0, 0, 0, 0] },
  ])
  const arm64 = `Node 0, zone   Normal ${'1 '.repeat(14)}\n`
  t.equal(parseBuddyinfo(arm64)[0]!.blocks.length, 14, 'pages of 64 KiB come in 14 orders')
})

t.test('damaged buddyinfo', async t => {
  t.throws(() => parseBuddyinfo(''), /the file is empty/)
  t.throws(() => parseBuddyinfo('Node 0, zone\n'), /does not begin with/)
  t.throws(() => parseBuddyinfo('Node 0, zone DMA\n'), /different numbers of orders/)
  t.throws(() => parseBuddyinfo(BUDDYINFO.slice(0, -14)), /different numbers of orders/)
  t.throws(() => parseBuddyinfo(BUDDYINFO.replace('932', 'x')), /order 2 of Normal is "x"/)
})

t.test('buddyinfo parser is total', async t => totalParser(t, parseBuddyinfo, BUDDYINFO))

const VMSTAT = `nr_free_pages 5173374
allocstall_dma 0
allocstall_normal 12
pgscan_direct 3456
workingset_refault_file 503093
oom_kill 1
compact_stall 100
compact_fail 97
`

t.test('vmstat: whatever this kernel counts', async t => {
  const six = parseVmstat(VMSTAT)
  t.equal(six.size, 8)
  t.equal(six.get('compact_fail'), 97)
  const three = parseVmstat(
    'nr_free_pages 9989\npgscan_direct_normal 42\nallocstall 7\nnr_dirty 18446744073709551615\n',
  )
  t.equal(three.get('allocstall'), 7)
  t.equal(three.get('oom_kill'), undefined)
  t.equal(three.get('nr_dirty'), 2 ** 64, 'a gauge that old kernels let fall below 0 breaks nothing else')
})

t.test('damaged vmstat', async t => {
  t.throws(() => parseVmstat(' \n'), /the file is empty/)
  t.throws(() => parseVmstat('nr_free_pages\n'), /a line without a name and a value/)
  t.throws(() => parseVmstat('nr_free_pages 1 2\n'), /nr_free_pages is "1 2"/)
})

t.test('vmstat parser is total', async t => totalParser(t, parseVmstat, VMSTAT))

const ZONEINFO = `Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 701008
  pages free     3840
        boost    0
        spanned  4095
        present  3998
        managed  3840
        protection: (0, 3019, 8523, 8523, 8523)
      nr_free_pages 3840
  pagesets
    cpu: 0
              count:    0
  node_unreclaimable:  0
Node 1, zone   Normal
  pages free     411234
        present  5505024
        managed  1409024
Node 1, zone  Movable
`

t.test('zoneinfo: sizes of the zones', async t => {
  t.same(parseZoneinfo(ZONEINFO), [
    { node: 0, zone: 'DMA', managedPages: 3840 },
    { node: 1, zone: 'Normal', managedPages: 1409024 },
    { node: 1, zone: 'Movable', managedPages: 0 },
  ])
  const before39 = ZONEINFO.replaceAll(/ +managed .*\n/g, '')
  t.equal(parseZoneinfo(before39)[1]!.managedPages, 5505024, 'before Linux 3.9 `present` has to do')
})

t.test('damaged zoneinfo', async t => {
  t.throws(() => parseZoneinfo('\n'), /the file is empty/)
  t.throws(() => parseZoneinfo('x\n'), /no line "Node/)
  t.throws(() => parseZoneinfo('Node 0, zone\n'), /a zone without its node and name/)
  t.throws(() => parseZoneinfo(ZONEINFO.replace('managed  3840', 'managed  x')), /size of DMA is "x"/)
  t.throws(() => parseZoneinfo(ZONEINFO.slice(ZONEINFO.indexOf('\n') + 1)), /a size before the first zone/)
})

t.test('zoneinfo parser is total', async t => totalParser(t, parseZoneinfo, ZONEINFO))
