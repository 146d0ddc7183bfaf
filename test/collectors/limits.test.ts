import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { clock } from '../../collectors/clock.ts'
import type { Places } from '../../collectors/collector.ts'
import { parseStat } from '../../collectors/cpu.ts'
import { files, parseFileNr } from '../../collectors/files.ts'
import { type Answers, replay } from '../../collectors/host/recording.ts'
import { TreeHost } from '../../collectors/host/tree.ts'
import type { FileEntry } from '../../collectors/host.ts'
import { parseLoadavg } from '../../collectors/loadavg.ts'
import { parsePressure } from '../../collectors/pressure.ts'
import { fault, ok } from '../../collectors/reading.ts'
import { parseLimit, threads } from '../../collectors/threads.ts'
import { totalParser } from './total.ts'

const PLACES: Places = { kubeletRoots: [], runtimeRoots: [], dockerRoots: [], podLogRoots: [] }
const host = (answers: Record<string, unknown>) => replay(new Map(Object.entries(answers)) as Answers)

t.test('file-nr', async t => {
  t.same(parseFileNr('831\t0\t2466177\n'), { allocated: 831, max: 2466177 })
  t.same(parseFileNr('3072\t0\t9223372036854775807\n'), { allocated: 3072, max: 2 ** 63 }, 'LONG_MAX, by systemd')
  t.throws(() => parseFileNr('831\t0\n'), /2 columns instead of 3/)
  t.throws(() => parseFileNr('831\t0\t-1\n'), /file-max is "-1"/)
  t.throws(() => parseFileNr(''), /the file is empty/)
  totalParser(t, parseFileNr, '831\t0\t2466177\n')
  t.match(files.collect(host({}), PLACES), { ok: false, fault: { code: 'Absent' } })
})

t.test('limits of threads', async t => {
  totalParser(t, parseLimit, '4194304\n')
  const both = host({
    'read /proc/sys/kernel/pid_max': ok('4194304\n'),
    'read /proc/sys/kernel/threads-max': ok('192730\n'),
  })
  t.same(threads.collect(both, PLACES), ok({ pidMax: 4194304, threadsMax: 192730 }))
  const damaged = host({
    'read /proc/sys/kernel/pid_max': ok('\n'),
    'read /proc/sys/kernel/threads-max': ok('192730\n'),
  })
  t.match(threads.collect(damaged, PLACES), { ok: false, fault: { code: 'Malformed', detail: /pid_max: the file/ } })
})

const STAT = `cpu  74608 2520 24433 1117073 6176 4054 11 42 5 6
cpu0 37304 1260 12216 558536 3088 2027 6 21 5 6
cpu1 37304 1260 12217 558537 3088 2027 5 21 0 0
intr 1462898 33 0 7
ctxt 2462000
btime 1764000000
processes 2915
procs_running 3
procs_blocked 2
softirq 100 1 2
`

t.test('stat of several kernel generations', async t => {
  t.same(parseStat(STAT), {
    total: {
      user: 74608,
      nice: 2520,
      system: 24433,
      idle: 1117073,
      iowait: 6176,
      irq: 4054,
      softirq: 11,
      steal: 42,
      guest: 5,
      guest_nice: 6,
    },
    online: 2,
    intr: 1462898,
    ctxt: 2462000,
    btime: 1764000000,
    processes: 2915,
    procsRunning: 3,
    procsBlocked: 2,
  })
  t.match(parseStat(STAT.replace(' 42 5 6', '')).total, { softirq: 11, steal: 0, guest: 0 }, '7 columns: Linux 2.6.9')
  t.throws(() => parseStat(STAT.slice(STAT.indexOf('cpu0'))), /no line "cpu"/)
  t.throws(() => parseStat(STAT.slice(0, STAT.indexOf('btime'))), /btime is missing/)
  t.throws(() => parseStat(''), /the file is empty/)
  totalParser(t, parseStat, STAT)
})

t.test('loadavg', async t => {
  t.same(parseLoadavg('34.64 35.80 35.76 5/1893 12345\n'), {
    load1: 34.64,
    load5: 35.8,
    load15: 35.76,
    runnable: 5,
    entities: 1893,
  })
  t.throws(() => parseLoadavg('34.64 35.80\n'), /load15 is missing/)
  totalParser(t, parseLoadavg, '34.64 35.80 35.76 5/1893 12345\n')
})

const PSI = `some avg10=6.43 avg60=6.15 avg300=6.15 total=181330154
full avg10=0.00 avg60=0.00 avg300=0.00 total=7
`

t.test('pressure', async t => {
  const some = { totalMicroseconds: 181330154, avg10: 6.43, avg60: 6.15, avg300: 6.15 }
  t.same(parsePressure(PSI), { some, full: { totalMicroseconds: 7, avg10: 0, avg60: 0, avg300: 0 } })
  t.same(parsePressure(PSI.slice(0, PSI.indexOf('full'))), { some, full: null }, 'cpu before Linux 5.13')
  t.throws(() => parsePressure(PSI.replace(' total=181330154', '')), /total is missing/)
  totalParser(t, parsePressure, PSI)
})

const file = (path: string, modifiedMs: number): FileEntry => ({
  path,
  sizeBytes: 0,
  allocatedBytes: 0,
  inode: 1,
  modifiedMs,
})

t.test('the clock by the word of the time daemon', async t => {
  const timesyncd = (entries: FileEntry[]) => host({ 'files /run/systemd/timesync 1': ok(entries) })
  t.same(
    await clock.collect(timesyncd([file('synchronized', 1000)]), PLACES),
    ok({ daemon: 'systemd-timesyncd', synchronizedMs: 1000, startedMs: null }),
  )
  t.same(
    await clock.collect(timesyncd([]), PLACES),
    ok({ daemon: 'systemd-timesyncd', synchronizedMs: null, startedMs: null }),
  )
  const chronyd = (run: FileEntry[], state: FileEntry[]) =>
    host({ 'files /run/chrony 1': ok(run), 'files /var/lib/chrony 1': ok(state) })
  t.same(
    await clock.collect(chronyd([file('chronyd.pid', 5)], [file('keys', 1), file('chrony.drift', 9)]), PLACES),
    ok({ daemon: 'chronyd', synchronizedMs: 9, startedMs: 5 }),
  )
  t.match(await clock.collect(chronyd([file('chronyd.pid', 5)], []), PLACES), { fault: { code: 'Absent' } })
  t.match(await clock.collect(chronyd([], [file('drift', 9)]), PLACES), { fault: { code: 'Absent' } })
})

t.test('in a tree what is there was synchronised now, however old the copy', async t => {
  const root = mkdtempSync(join(tmpdir(), 'node-agent-clock-'))
  const trace = join(root, 'run/systemd/timesync/synchronized')
  mkdirSync(dirname(trace), { recursive: true })
  writeFileSync(trace, '')
  utimesSync(trace, 1000, 1000)
  const copied = new TreeHost({ procfs: join(root, 'proc'), sysfs: join(root, 'sys'), rootfs: root })
  const later = Date.UTC(9999, 11, 31)
  const reading = await clock.collect(copied, PLACES)
  t.ok(reading.ok && reading.value.synchronizedMs! > later)
  rmSync(trace)
  t.match(await clock.collect(copied, PLACES), { ok: true, value: { synchronizedMs: null } }, 'never')
})

t.test('no time daemon is no fault, a hanging disk is one', async t => {
  t.match(await clock.collect(host({}), PLACES), { ok: false, fault: { code: 'Absent' } })
  const hangs = host({
    'files /run/chrony 1': ok([file('chronyd.pid', 5)]),
    'files /var/lib/chrony 1': fault('Timeout', 'files /var/lib/chrony did not answer'),
  })
  t.match(await clock.collect(hangs, PLACES), { ok: false, fault: { code: 'Timeout' } })
})
