import t from 'tap'
import type { BlockDevice } from '../../collectors/blockdevices.ts'
import { parseStat } from '../../collectors/cpu.ts'
import type { DiskStats } from '../../collectors/diskstats.ts'
import { type Mount, parseMountinfo } from '../../collectors/mounts.ts'
import type { Pressure } from '../../collectors/pressure.ts'
import { everHeld, last, play, type Readings, sampleAt, samples, span } from './samples.ts'

const RULES = ['DiskHung', 'DiskSlow']

function disk(name: string, more: Partial<DiskStats> = {}): DiskStats {
  const zero = {
    reads: 0,
    readSectors: 0,
    readMs: 0,
    writes: 0,
    writeSectors: 0,
    writeMs: 0,
    inFlight: 0,
    ioTicksMs: 0,
    queueMs: 0,
  }
  const late = { discards: 0, discardSectors: 0, discardMs: 0, flushes: 0, flushMs: 0 }
  return { dev: `253:${name.charCodeAt(name.length - 1)}`, name, ...zero, ...late, ...more }
}

/** A disk that since boot has answered `perSecond` writes a second in `awaitMs` each. */
function writing(
  name: string,
  second: number,
  perSecond: number,
  awaitMs: number,
  more: Partial<DiskStats> = {},
): DiskStats {
  const writes = Math.floor(second * perSecond)
  const queueMs = writes * awaitMs
  return disk(name, {
    writes,
    writeSectors: writes * 8,
    writeMs: queueMs,
    ioTicksMs: Math.min(queueMs, second * 1000),
    queueMs,
    ...more,
  })
}

function device(name: string, more: Partial<BlockDevice> = {}): BlockDevice {
  return {
    name,
    mapperName: null,
    suspended: false,
    members: [],
    backingFile: null,
    state: null,
    counts: true,
    ...more,
  }
}

/** PSI in which some, and all, tasks have waited for I/O for these shares of the time since boot. */
function waiting(second: number, some: number, full = 0): Pressure {
  const stall = (share: number) => ({ totalMicroseconds: second * share * 1e6, avg10: 0, avg60: 0, avg300: 0 })
  const none = { some: stall(0), full: stall(0) }
  return { cpu: none, memory: none, io: { some: stall(some), full: stall(full) } }
}

const STAT = 'cpu 1 0 1 9\ncpu0 1 0 1 9\nintr 1\nctxt 1\nbtime 1\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n'

const mounts = (...lines: string[]): Mount[] =>
  parseMountinfo(lines.map((line, index) => `${index + 20} 1 ${line}\n`).join(''))

t.test('the columns of iostat', async t => {
  const before = disk('vda', {
    reads: 100,
    readSectors: 800,
    readMs: 100,
    writes: 50,
    writeSectors: 400,
    writeMs: 500,
    ioTicksMs: 1000,
    queueMs: 600,
    flushes: 1,
    flushMs: 1,
  })
  const after = disk('vda', {
    reads: 120,
    readSectors: 2800,
    readMs: 160,
    writes: 60,
    writeSectors: 1400,
    writeMs: 600,
    ioTicksMs: 6000,
    queueMs: 10_600,
    inFlight: 3,
    flushes: 3,
    flushMs: 21,
  })
  const { signals } = last(play([sampleAt(0, { diskstats: [before] }), sampleAt(10, { diskstats: [after] })]))
  const of = (name: Parameters<typeof signals.get>[0]) => signals.get(name, 'vda')
  t.same(
    [
      of('disk.readsPerSecond'),
      of('disk.writesPerSecond'),
      of('disk.readBytesPerSecond'),
      of('disk.writeBytesPerSecond'),
    ],
    [2, 1, 102_400, 51_200],
  )
  t.same([of('disk.readAwaitMs'), of('disk.writeAwaitMs'), of('disk.flushAwaitMs')], [3, 10, 10])
  t.same(
    [of('disk.queueLength'), of('disk.utilizationRatio'), of('disk.inFlight'), of('disk.stalledRequests')],
    [1, 0.5, 3, 0],
  )
})

t.test(
  'no value on the first sample, after a reset, for another disk under the same name, without iostats',
  async t => {
    const good = disk('vda', { writes: 100, writeMs: 100 })
    const rate = (...readings: Readings[]) =>
      last(play(readings.map((each, index) => sampleAt(index * 10, each)))).signals.get('disk.writesPerSecond', 'vda')
    t.equal(rate({ diskstats: [good] }), undefined)
    t.equal(rate({ diskstats: [good] }, { diskstats: [disk('vda', { writes: 5 })] }), undefined)
    t.equal(rate({ diskstats: [good] }, { diskstats: [{ ...good, dev: '8:0', writes: 200 }] }), undefined)
    t.equal(rate({ diskstats: [good] }, { diskstats: 'Io' }), undefined)
    t.equal(rate({ diskstats: [good] }, { diskstats: 'Io' }, { diskstats: [{ ...good, writes: 200 }] }), undefined)
    const still = { diskstats: [good], blockdevices: [device('vda', { counts: false })] }
    t.equal(rate(still, still), undefined)
  },
)

t.test('partitions, memory disks, CD-ROMs and loop devices without a file are no disks', async t => {
  const names = ['vda', 'vda1', 'nvme0n1', 'nvme0n1p2', 'ram0', 'zram0', 'sr0', 'fd0', 'loop0', 'loop1', 'md0', 'dm-0']
  const stats = names.map(name => disk(name))
  const subjects = (readings: Readings) => {
    const { signals } = last(play([sampleAt(0, readings)]))
    return [...(new Map(signals.entries()).get('disk.inFlight')?.keys() ?? [])]
  }
  t.same(subjects({ diskstats: stats }), ['vda', 'nvme0n1', 'loop0', 'loop1', 'md0', 'dm-0'])
  const devices = [
    device('vda'),
    device('nvme0n1'),
    device('loop0'),
    device('loop1', { backingFile: '/x' }),
    device('md0'),
    device('dm-0'),
  ]
  t.same(subjects({ diskstats: stats, blockdevices: devices }), ['vda', 'nvme0n1', 'loop1', 'md0', 'dm-0'])
})

t.test('report D: 11 s a write is critical, and over when it is over', async t => {
  const at = (second: number): Readings => {
    const slow = Math.min(Math.max(second - 60, 0), 120)
    const calm = second - slow
    const writes = calm * 20 + slow * 11
    const writeMs = calm * 20 * 2 + slow * 11 * 11_165
    return {
      diskstats: [disk('vdb', { writes, writeMs, queueMs: writeMs, ioTicksMs: calm * 40 + slow * 1000 })],
      pressure: waiting(second, 0.2, slow > 0 ? 0.2 : 0),
    }
  }
  const outcomes = play(samples(400, at), RULES)
  t.same(everHeld(outcomes), ['DiskSlow/vdb critical'])
  t.same(
    span(outcomes, 'DiskSlow/vdb'),
    [100, 240],
    'from 30 s after the first slow frame until it was clear for a minute',
  )
  const [problem] = outcomes.find(({ sample }) => sample.atMs === 120_000)!.judgement.problems
  t.match(problem, {
    reason: 'DiskSaturated',
    sinceMs: 70_000,
    message: 'vdb answers writes in 11.2 s',
    evidence: { writeAwaitMs: 11_165, utilizationRatio: 1 },
  })
})

t.test('a deep queue that nobody waits for is information', async t => {
  const deep = (full: number) =>
    play(
      samples(120, second => ({ diskstats: [writing('vda', second, 40, 800)], pressure: waiting(second, 0.3, full) })),
      RULES,
    )
  t.same(everHeld(deep(0.02)), ['DiskSlow/vda info'])
  t.same(everHeld(deep(0.2)), ['DiskSlow/vda warning'])
})

t.test('a deep queue without PSI: who waits is known by procs_blocked, or not at all', async t => {
  const deep = (cpu: Readings) =>
    play(
      samples(120, second => ({ diskstats: [writing('vda', second, 40, 800)], ...cpu })),
      RULES,
    )
  const blocked = (count: number): Readings => ({
    cpu: parseStat(STAT.replace('procs_blocked 0', `procs_blocked ${count}`)),
  })
  t.same(everHeld(deep(blocked(0))), ['DiskSlow/vda info'])
  t.same(everHeld(deep(blocked(2))), ['DiskSlow/vda warning'])
  t.same(everHeld(deep({})), ['DiskSlow/vda warning'])
})

t.test('a burst that waited is no slow disk once the disk is idle', async t => {
  const burst = (more: (second: number) => Partial<DiskStats>) =>
    samples(
      120,
      second => {
        const writes = second < 20 ? 0 : 400
        return {
          diskstats: [
            disk('vda', { writes, writeMs: writes * 605, ioTicksMs: writes === 0 ? 0 : 4000, ...more(second) }),
          ],
        }
      },
      5,
    )
  t.same(
    everHeld(
      play(
        burst(() => ({})),
        RULES,
        5000,
      ),
    ),
    [],
  )
  const reading = (second: number) => ({ reads: second * 1000, readMs: second * 500, ioTicksMs: second * 400 })
  t.same(everHeld(play(burst(reading), RULES, 5000)), [], 'nor while it answers reads quickly')
})

t.test('one slow request a minute proves nothing; a busy device with few completions does', async t => {
  const rare = samples(300, second => ({
    diskstats: [writing('vda', second, 1 / 60, 900, { ioTicksMs: second * 15 })],
  }))
  t.same(everHeld(play(rare, RULES)), [])
  const busy = samples(300, second => ({
    diskstats: [writing('vda', second, 1 / 30, 28_000, { ioTicksMs: second * 1000, inFlight: 1 })],
  }))
  t.match(everHeld(play(busy, ['DiskSlow'])), ['DiskSlow/vda critical'])
})

/** Works, hangs from second 60 to 60 + `seconds` with 4 requests in flight, then answers those late. */
function hanging(second: number, seconds: number): DiskStats {
  const end = 60 + seconds
  const hung = second > 60 && second <= end
  const worked = second <= 60 ? second : Math.max(second - seconds, 60)
  const late = second > end ? 4 * seconds * 1000 : 0
  return disk('vdb', {
    writes: worked * 10,
    writeMs: worked * 20 + late,
    inFlight: hung ? 4 : 0,
    ioTicksMs: worked * 20 + (second > 60 ? Math.min(second - 60, seconds) * 1000 : 0),
  })
}

t.test('hung: warning after 15 s, critical after 60 s, and its end is not a slow disk', async t => {
  const outcomes = play(
    samples(300, second => ({ diskstats: [hanging(second, 100)], pressure: waiting(second, 0.5) }), 5),
    RULES,
    5000,
  )
  t.same(everHeld(outcomes), ['DiskHung/vdb warning', 'DiskHung/vdb critical'])
  const severityAt = (second: number) =>
    outcomes.find(({ sample }) => sample.atMs === second * 1000)!.judgement.problems[0]?.severity
  t.same([75, 80, 120, 125].map(severityAt), [undefined, 'warning', 'warning', 'critical'])
  t.same(span(outcomes, 'DiskHung/vdb'), [80, 220], 'until it worked for a minute')
  const short = play(
    samples(200, second => ({ diskstats: [hanging(second, 10)], pressure: waiting(second, 0.5) }), 5),
    RULES,
    5000,
  )
  t.same(everHeld(short), [], 'a live migration pauses disks for 10 s')
})

t.test('a disk that hangs for half of every minute is one problem', async t => {
  const at = (second: number): Readings => {
    const phase = second % 60
    const hung = phase >= 30
    const worked = Math.floor(second / 60) * 30 + Math.min(phase, 30)
    return {
      diskstats: [
        disk('vdb', { writes: worked * 10, writeMs: worked * 20, inFlight: hung ? 1 : 0, ioTicksMs: second * 500 }),
      ],
      pressure: waiting(second, 0.5),
    }
  }
  const outcomes = play(samples(600, at, 5), ['DiskHung'], 5000)
  t.same(
    [...new Set(outcomes.map(({ state }) => state.conditions.get('DiskHung')!.status))],
    ['Unknown', 'False', 'True'],
  )
  t.equal(outcomes.flatMap(({ judgement }) => judgement.ended).length, 0)
})

t.test('a leaked count in flight without a witness is no hung disk', async t => {
  const leaked = (io: number) =>
    samples(200, second => ({
      diskstats: [disk('vda', { inFlight: 1, ioTicksMs: second * 1000 })],
      pressure: waiting(second, io),
    }))
  t.same(everHeld(play(leaked(0), RULES)), [])
  t.match(everHeld(play(leaked(0.5), RULES)), ['DiskHung/vda warning', 'DiskHung/vda critical'])
})

t.test('an offline device is critical at once', async t => {
  const at = (second: number): Readings => ({
    diskstats: [disk('sdb')],
    blockdevices: [device('sdb', { state: second < 50 ? 'running' : 'offline' })],
  })
  t.match(everHeld(play(samples(60, at), RULES)), ['DiskHung/sdb critical'])
})

t.test('one problem for one cause: the lowest device that shows it', async t => {
  const stack = [device('dm-0', { mapperName: 'vg0-orders', members: ['vdb'] }), device('vdb'), device('vda')]
  const both = samples(120, second => ({
    diskstats: [writing('dm-0', second, 10, 900), writing('vdb', second, 10, 890), writing('vda', second, 10, 2)],
    blockdevices: stack,
  }))
  t.same(everHeld(play(both, RULES)), ['DiskSlow/vdb warning'])
  const upper = play(
    samples(120, second => ({
      diskstats: [writing('dm-0', second, 10, 900), writing('vdb', second, 10, 2)],
      blockdevices: stack,
    })),
    RULES,
  )
  t.same(everHeld(upper), ['DiskSlow/dm-0 warning'])
  t.match(last(upper).judgement.problems[0], {
    subject: { displayName: 'vg0-orders' },
    message: /^dm-0 \(vg0-orders\) answers writes/,
  })
})

t.test('volumes on a partition: the disk is at fault', async t => {
  const stack = [device('dm-0', { mapperName: 'vg0-root', members: ['sda2'] }), device('sda')]
  const both = samples(120, second => ({
    diskstats: [writing('dm-0', second, 10, 900), writing('sda', second, 10, 890), disk('sda2')],
    blockdevices: stack,
  }))
  t.same(everHeld(play(both, RULES)), ['DiskSlow/sda warning'])
})

t.test('a disk of the node that counts nothing leaves the condition Unknown', async t => {
  const at = (second: number): Readings => ({
    diskstats: [writing('vda', second, 10, 1), disk('vdb')],
    blockdevices: [device('vda'), device('vdb', { counts: false })],
    mounts: mounts('253:97 / / rw - ext4 /dev/vda rw', '253:98 / /var/lib/docker rw - ext4 /dev/vdb rw'),
  })
  const { conditions } = last(play(samples(120, at), RULES)).state
  t.match(conditions.get('DiskSlow'), { status: 'Unknown', message: /vdb .*: its queue\/iostats is 0/ })
  t.match(conditions.get('DiskHung'), { status: 'Unknown' })
})

t.test('a suspended device is blamed for the stalled one above it', async t => {
  const stack = [
    device('dm-1', { mapperName: 'data', members: ['dm-0'] }),
    device('dm-0', { mapperName: 'lower', suspended: true, members: ['vdb'] }),
    device('vdb'),
  ]
  const at = (second: number): Readings => ({
    diskstats: [disk('dm-1', { inFlight: 2 }), disk('dm-0'), disk('vdb')],
    blockdevices: stack,
    pressure: waiting(second, 0.5),
  })
  const outcomes = play(samples(60, at), RULES)
  t.same(everHeld(outcomes), ['DiskHung/dm-0 warning'])
  t.match(last(outcomes).judgement.problems[0]!.message, 'dm-0 (lower) is suspended while tasks wait for I/O')
})

t.test('a suspended device that nothing uses is information', async t => {
  const root = '253:97 / / rw - ext4 /dev/vda rw'
  const stack = (above: string[]) => [
    device('vda'),
    device('dm-0', { mapperName: 'old-snapshot', suspended: true }),
    device('dm-1', { members: above }),
  ]
  const at = (upper: Partial<DiskStats>, above: string[], ...mounted: string[]) =>
    play(
      samples(200, second => ({
        diskstats: [writing('vda', second, 30, 2), disk('dm-0'), disk('dm-1', upper)],
        blockdevices: stack(above),
        mounts: mounts(root, ...mounted),
        pressure: waiting(second, 0.5),
      })),
      ['DiskHung'],
    )
  const unused = at({}, [])
  t.same(everHeld(unused), ['DiskHung/dm-0 info'])
  t.equal(last(unused).state.conditions.get('DiskHung')!.status, 'False')
  t.same(everHeld(at({}, ['dm-0'])), ['DiskHung/dm-0 info'], 'a device above it that nobody uses either')
  const used = ['DiskHung/dm-0 warning', 'DiskHung/dm-0 critical']
  t.same(everHeld(at({}, [], '253:48 / /data rw - ext4 /dev/mapper/old-snapshot rw')), used, 'mounted')
  t.same(everHeld(at({}, ['dm-0'], '253:49 / /data rw - ext4 /dev/dm-1 rw')), used, 'below what is mounted')
  t.same(everHeld(at({ inFlight: 1 }, ['dm-0'])), used, 'a request waits above it')
})

t.test('what lies on a disk decides for whom it speaks', async t => {
  const root = '253:97 / / rw - ext4 /dev/vda rw'
  const volume = '253:98 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/pvc/mount rw - ext4 /dev/vdb rw'
  const at = (mountinfo: string[]) => (second: number) => ({
    diskstats: [writing('vdb', second, 10, 9000)],
    mounts: mounts(...mountinfo),
    pressure: waiting(second, 0.5, 0.5),
  })
  t.same(
    everHeld(play(samples(120, at([root, volume])), RULES)),
    ['DiskSlow/vdb warning'],
    'one pod’s disk is never critical',
  )
  const raw =
    '0:6 /vdb /var/lib/kubelet/plugins/kubernetes.io/csi/volumeDevices/publish/pvc/u1 rw - devtmpfs devtmpfs rw'
  t.same(everHeld(play(samples(120, at([root, raw])), RULES)), ['DiskSlow/vdb warning'], 'given to a pod as raw block')
  const node = play(samples(120, at([root, '253:98 / /var/lib/docker rw - ext4 /dev/vdb rw'])), RULES)
  t.same(everHeld(node), ['DiskSlow/vdb critical'])
  t.match(last(node).judgement.problems[0]!.message, /^vdb \(\/var\/lib\/docker\) answers/)
})
