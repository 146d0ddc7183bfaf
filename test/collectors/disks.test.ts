import t from 'tap'
import { diskstats, parseDiskstats } from '../../collectors/diskstats.ts'
import { textHost } from './texthost.ts'
import { totalParser } from './total.ts'

const LINE_14 = '   8       0 sda 10 1 80 5 20 2 160 30 3 40 35'
const LINE_18 = `${LINE_14} 4 0 32 6`
const LINE_20 = `${LINE_18} 7 8`

t.test('diskstats of three kernel generations', async t => {
  const common = {
    dev: '8:0',
    name: 'sda',
    reads: 10,
    readSectors: 80,
    readMs: 5,
    writes: 20,
    writeSectors: 160,
    writeMs: 30,
    inFlight: 3,
    ioTicksMs: 40,
    queueMs: 35,
  }
  const none = { discards: 0, discardSectors: 0, discardMs: 0, flushes: 0, flushMs: 0 }
  t.same(parseDiskstats(`${LINE_14}\n`), [{ ...common, ...none }])
  t.same(parseDiskstats(`${LINE_18}\n`), [{ ...common, ...none, discards: 4, discardSectors: 32, discardMs: 6 }])
  t.same(parseDiskstats(`${LINE_20}\n`), [
    { ...common, discards: 4, discardSectors: 32, discardMs: 6, flushes: 7, flushMs: 8 },
  ])
  t.same(parseDiskstats(`${LINE_20} 99 99\n`).length, 1, 'columns of a later kernel are left alone')
})

t.test('damaged diskstats are refused with the column that is wrong', async t => {
  t.throws(() => parseDiskstats(''), /the file is empty/)
  t.throws(() => parseDiskstats('8 0 sda 10 1 80\n'), /6 columns instead of 14, 18 or 20/)
  t.throws(() => parseDiskstats(LINE_14.replace(' 160 ', ' 1x0 ')), /column 10 of sda is "1x0"/)
})

t.test('a machine without any block device', async t => {
  const places = { kubeletRoots: [], runtimeRoots: [], dockerRoots: [], podLogRoots: [] }
  const read = (devices: string[]) =>
    diskstats.collect(textHost({ files: { '/proc/diskstats': '' }, lists: { '/sys/block': devices } }), places)
  t.match(read([]), { ok: false, fault: { code: 'Absent', detail: /no block device/ } })
  t.match(read(['vda']), { ok: false, fault: { code: 'Malformed' } }, 'a disk that is not counted')
})

t.test('diskstats parser is total', async t => totalParser(t, parseDiskstats, LINE_20))
