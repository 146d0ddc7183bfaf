import t from 'tap'
import { keptDerived } from '../../agent/derive/index.ts'
import { advance, type Outcome, startPipeline } from '../../agent/pipeline.ts'
import { activeRules } from '../../agent/rules/active.ts'
import { ruleCatalogue } from '../../agent/rules/index.ts'
import type { ContainerLog } from '../../collectors/containerlogs.ts'
import { parseStat } from '../../collectors/cpu.ts'
import { parseDiskstats } from '../../collectors/diskstats.ts'
import type { Ext4 } from '../../collectors/ext4.ts'
import type { StatFs } from '../../collectors/host.ts'
import { fault } from '../../collectors/reading.ts'
import { dockerLog, filesystem, GIB, MIB, mounts, space } from './nodes.ts'
import { everHeld, last, PLACES, play, type Readings, sampleAt, samples, span } from './samples.ts'

const VAR = '253:16 / /var rw - ext4 /dev/vdb rw'
const STORE = '253:32 / /var/lib/containerd rw - ext4 /dev/vdc rw'

const problem = (outcome: Outcome, id: string) => outcome.judgement.problems.find(found => found.id === id)

/** One file system that is used so much at that second. */
const filling = (mount: string, used: (second: number) => number, more: Partial<StatFs> = {}) => {
  const [dev, , mountPoint] = mount.split(' ') as [string, string, string]
  return (second: number): Readings => ({
    mounts: mounts(mount),
    nodepaths: [],
    filesystems: [filesystem(dev, mountPoint, space(used(second), more))],
  })
}
const playFilling = (seconds: number, at: (second: number) => Readings) => play(samples(seconds, at), ['DiskFillingUp'])

t.test('a full file system after 2 min, over 1 min after it was emptied', async t => {
  const outcomes = playFilling(
    600,
    filling(VAR, second => (second >= 100 && second < 400 ? 0.93 : 0.5)),
  )
  t.same(span(outcomes, 'DiskFillingUp//var'), [220, 450])
  t.match(problem(outcomes[30]!, 'DiskFillingUp//var'), {
    reason: 'DiskNearlyFull',
    severity: 'warning',
    subject: { kind: 'Filesystem', name: '/var', role: 'node' },
    message: '/var (ext4 on /dev/vdb) is 93 % full with 7 GiB available, 2 % above the mark of 5 % available',
  })
})

t.test('a steady writer is seen long before the disk is full', async t => {
  // 40 MiB/s from 62 % on: at the line of 5 % after 845 s, full after 973 s.
  const outcomes = playFilling(
    300,
    filling(VAR, second => 0.62 + (second * 40 * MIB) / (100 * GIB)),
  )
  const held = span(outcomes, 'DiskFillingUp//var')
  t.ok(held && held[0] <= 260, `held from ${held?.[0]} s`)
  const found = problem(last(outcomes), 'DiskFillingUp//var')
  t.equal(found?.reason, 'DiskFillsUpSoon')
  t.match(
    found?.message,
    /^\/var .* is 74 % full with 26.\d GiB available, growing by 41.9 MB\/s, at the mark of 5 % available in 9 min$/,
  )
  const stops = playFilling(
    1200,
    filling(VAR, second => 0.62 + (Math.min(second, 300) * 40 * MIB) / (100 * GIB)),
  )
  t.ok(span(stops, 'DiskFillingUp//var')![1] < 900, 'over when it stops growing')
})

t.test('what never becomes a problem', async t => {
  const never = (what: string, at: (second: number) => Readings, seconds = 1200) =>
    t.same(everHeld(playFilling(seconds, at)), [], what)
  never(
    'full and read-only by its super block',
    filling('7:1 / /image ro - ext4 /dev/loop1 ro', () => 1),
  )
  never(
    'growing, but hardly used',
    filling(VAR, second => 0.1 + second / 10_000),
  )
  never(
    'one large file',
    filling(VAR, second => (second < 300 ? 0.5 : 0.9)),
  )
  never(
    'inodes made on demand',
    filling(VAR, () => 0.5, { files: 0, freeFiles: 0 }),
  )
  const sawTeeth = (second: number) => 0.8 + 0.05 * ((second % 600) / 600)
  never('the kubelet removing images between 85 and 80 %', filling(STORE, sawTeeth), 3600)
  const hangs = {
    ...filesystem('253:16', '/var', space(1)),
    space: fault('Timeout', 'statfs /var hangs in the kernel'),
  }
  never('one that does not answer', () => ({ mounts: mounts(VAR), filesystems: [hangs] }))
})

t.test('an image store above the threshold of its garbage collection for 10 min', async t => {
  const outcomes = playFilling(
    1800,
    filling(STORE, second => (second < 1200 ? 0.9 : 0.7)),
  )
  t.same(span(outcomes, 'DiskFillingUp//var/lib/containerd'), [600, 1250])
  t.match(problem(outcomes[70]!, 'DiskFillingUp//var/lib/containerd'), {
    reason: 'ImageGCNotFreeing',
    message: /runtime root\) is 90 % full with 10 GiB available, and removing unused images does not free enough$/,
  })
  const fast = playFilling(
    300,
    filling(STORE, second => 0.62 + (second * 60 * MIB) / (100 * GIB)),
  )
  t.equal(problem(last(fast), 'DiskFillingUp//var/lib/containerd')?.reason, 'DiskFillsUpSoon', 'full within 15 min')
})

/** Kubelet root and image store on one disk, the usual layout. */
const singleDisk =
  (used: (second: number) => number) =>
  (second: number): Readings => ({
    mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw'),
    filesystems: [filesystem('253:1', '/', space(used(second)))],
  })

t.test('kubelet root and images on one disk: the margin to eviction counts after 2 min', async t => {
  const full = playFilling(
    300,
    singleDisk(() => 0.97),
  )
  t.same(span(full, 'DiskFillingUp//'), [120, 300])
  t.match(problem(full[12]!, 'DiskFillingUp//'), {
    reason: 'DiskNearlyFull',
    message: /is 97 % full with 3 GiB available, past the line at which the kubelet evicts pods \(10 % available\)$/,
  })
  const close = playFilling(
    300,
    singleDisk(() => 0.88),
  )
  t.match(problem(last(close), 'DiskFillingUp//')?.message, /, 2 % above the line at which the kubelet evicts pods/)
  const idle = playFilling(
    900,
    singleDisk(() => 0.86),
  )
  t.same(span(idle, 'DiskFillingUp//'), [600, 900], 'images are not removed')
  t.equal(problem(last(idle), 'DiskFillingUp//')?.reason, 'ImageGCNotFreeing')
})

t.test('kubelet root and images on one disk: a leak is seen hours before eviction, teeth of images never', async t => {
  // 9 % an hour from 62 % on: at the line of 10 % available after 3.1 h.
  const leak = playFilling(
    3 * 3600,
    singleDisk(second => 0.62 + (0.09 * second) / 3600),
  )
  const [from, to] = span(leak, 'DiskFillingUp//')!
  t.ok(from < 3600, `held from ${from} s`)
  t.equal(to, 3 * 3600, 'and on while image GC is near')
  t.match(
    problem(leak[240]!, 'DiskFillingUp//')?.message,
    /, growing by .*, at the line at which the kubelet evicts pods \(10 % available\) in \d/,
  )
  for (const period of [600, 1800, 7200]) {
    const teeth = (second: number) => 0.8 + 0.05 * ((second % period) / period)
    t.same(everHeld(playFilling(3 * 3600, singleDisk(teeth))), [], `a tooth of ${period} s`)
    const late = (second: number) => 0.76 + 0.09 * ((second % period) / period)
    t.same(everHeld(playFilling(3 * 3600, singleDisk(late))), [], `a large one of ${period} s`)
  }
})

t.test('inodes are a subject of their own; a volume names its pod', async t => {
  const mountPoint = '/var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/pvc/mount'
  const cri: ContainerLog = {
    ...dockerLog('x', [1, 100]),
    containerId: null,
    owner: { namespace: 'shop', pod: 'web-0', uid: 'u1', container: 'app' },
  }
  const outcomes = play(
    samples(200, () => ({
      mounts: mounts(`253:48 / ${mountPoint} rw - ext4 /dev/vdd rw`),
      filesystems: [filesystem('253:48', mountPoint, space(0.5, { files: 1000, freeFiles: 60 }))],
      containerlogs: [cri],
    })),
    ['DiskFillingUp'],
  )
  t.match(last(outcomes).judgement.problems, [
    {
      id: `DiskFillingUp/${mountPoint}#inodes`,
      subject: { role: 'volume' },
      message: /has 94 % of its inodes in use, 1 % above the mark of 5 % of inodes free$/,
      culprits: [{ kind: 'Pod', namespace: 'shop', pod: 'web-0' }],
    },
  ])
  t.equal(last(outcomes).state.conditions.get('DiskFillingUp')?.status, 'False', "one pod's volume is no condition")
})

t.test('without history a forecast gives no verdict, the level does', async t => {
  const rules = activeRules(
    ruleCatalogue.filter(({ id }) => id === 'DiskFillingUp'),
    new Map(),
    true,
  )
  const settings = { rules, places: PLACES, intervalMs: 10_000, instant: true }
  const once = (at: (second: number) => Readings) => {
    let state = startPipeline()
    let outcome: Outcome | undefined
    for (const sample of samples(120, at)) {
      outcome = advance(state, sample, settings)
      state = outcome.state
    }
    return outcome!.judgement.problems.map(({ reason }) => reason)
  }
  t.same(once(filling(VAR, second => 0.62 + (second * 40 * MIB) / (100 * GIB))), [])
  t.same(once(filling(VAR, () => 0.95)), ['DiskNearlyFull'])
})

t.test('a lost reading leaves what holds', async t => {
  const full = filling(VAR, () => 0.99)
  const lost = samples(600, second => (second > 200 ? { ...full(second), filesystems: 'Timeout' } : full(second)))
  t.ok(problem(last(play(lost, ['DiskFillingUp'])), 'DiskFillingUp//var'))
  const vanished = samples(600, second => (second > 200 ? { ...full(second), filesystems: [] } : full(second)))
  t.same(span(play(vanished, ['DiskFillingUp']), 'DiskFillingUp//var'), [120, 260], 'unmounted: over')
})

const ID = 'ab12'.repeat(16)
const CONTAINER = 'ContainerLogPressure/ab12ab12ab12'
const logs = (seconds: number, at: (second: number) => ContainerLog[], more: Readings = {}) =>
  play(
    samples(seconds, second => ({ containerlogs: at(second), ...more })),
    ['ContainerLogPressure'],
  )

t.test('a log of 12 GiB without rotation, until it is truncated', async t => {
  const names: Readings = {
    containernames: [
      { containerId: ID, name: 'k8s_app', owner: { namespace: 'shop', pod: 'web-0', container: 'app' } },
    ],
  }
  const outcomes = logs(400, second => [dockerLog(ID, [1, second < 200 ? 12 * GIB : 100])], names)
  t.same(span(outcomes, CONTAINER), [60, 250])
  t.match(problem(outcomes[10]!, CONTAINER), {
    reason: 'ContainerLogLarge',
    severity: 'warning',
    subject: { kind: 'Container', name: 'ab12ab12ab12', displayName: 'shop/web-0/app', role: 'node' },
    message: `the log of shop/web-0/app (container ab12ab12ab12) holds 12 GiB in 1 file: truncate /var/lib/docker/containers/${ID}/${ID}-json.log, do not remove it`,
    culprits: [{ kind: 'Container', namespace: 'shop', pod: 'web-0', container: 'app', containerId: ID }],
  })
  t.match(problem(outcomes[10]!, CONTAINER)?.rule.definition.remedy, /never `rm` it.*oldest rotated files first/)
})

t.test('growth: a condition without rotation, information with it', async t => {
  const rate = 8 * MIB
  const growing = logs(400, second => [dockerLog(ID, [1, 1000 + rate * second])])
  t.match(problem(growing[33]!, CONTAINER), { severity: 'warning' })
  // Rotated at 40 MiB, 5 files kept: the size stays at 200 MiB.
  const file = (second: number) => Math.floor((rate * second) / (40 * MIB))
  const rotated = logs(400, second => {
    const current = file(second)
    const files = Array.from({ length: Math.min(current, 4) }, (_, index) => [current - index - 1, 40 * MIB] as const)
    return [dockerLog(ID, [current, rate * second - current * 40 * MIB], ...files)]
  })
  t.match(problem(last(rotated), CONTAINER), { severity: 'info', reason: 'ContainerLogGrowsFast' })
  const burst = logs(400, second => [dockerLog(ID, [1, 1000 + rate * Math.min(second, 100)])])
  t.same(everHeld(burst), [], 'a burst of 100 s')
})

t.test('a small log on a small disk counts by its share', async t => {
  const small = space(0.5, { blockSize: 64 })
  const more: Readings = {
    mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw'),
    filesystems: [filesystem('253:1', '/', small)],
  }
  const outcomes = logs(100, () => [dockerLog(ID, [1, 200 * MIB]), dockerLog('cd34'.repeat(16), [2, MIB])], more)
  t.same(everHeld(outcomes), [`${CONTAINER} warning`], 'and not its neighbour')
})

t.test('no logs on this node: not applicable', async t => {
  const [outcome] = play([sampleAt(0, {})], ['ContainerLogPressure'])
  t.equal(outcome!.findings[0]!.outcome, 'notApplicable')
})

const RO_RULES = ['ReadonlyFilesystem', 'FilesystemCorrupt']
const DATA_RW = '253:16 / /data rw - ext4 /dev/vdb rw,errors=remount-ro'
const DATA_RO = '253:16 / /data ro - ext4 /dev/vdb ro,errors=remount-ro'
const vdb = (more: Partial<Ext4> = {}): Ext4[] => [
  { device: 'vdb', errorsCount: 0, lastErrorTime: null, sessionWriteKbytes: null, errorMode: null, ...more },
]
const BOOT = 1_760_000_000
const node = (line: string, ext4: Ext4[] = vdb()): Readings => ({
  mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw', line),
  ext4,
  cpu: parseStat(`cpu 1 0 0 1\nintr 0\nctxt 0\nbtime ${BOOT}\nprocesses 0\nprocs_running 1\nprocs_blocked 0\n`),
  diskstats: parseDiskstats('253 16 vdb 0 0 0 0 0 0 0 0 0 0 0\n'),
})
const readOnly = (seconds: number, at: (second: number) => Readings) => play(samples(seconds, at), RO_RULES)

t.test('a file system that turns read-only, and back', async t => {
  const outcomes = readOnly(300, second => node(second >= 50 && second < 200 ? DATA_RO : DATA_RW))
  t.same(span(outcomes, 'ReadonlyFilesystem//data'), [110, 250])
  t.match(problem(outcomes[12]!, 'ReadonlyFilesystem//data'), {
    severity: 'warning',
    message: '/data (ext4 on /dev/vdb) was remounted read-only',
  })
  const root = readOnly(200, second => ({
    ...node(DATA_RW),
    mounts: mounts(`253:1 / / rw - ext4 /dev/vda1 ${second < 50 ? 'rw' : 'rw,emergency_ro'}`),
  }))
  t.equal(problem(last(root), 'ReadonlyFilesystem//')?.severity, 'critical')
})

t.test('read-only by design, from the start, or by one mount is no problem', async t => {
  const never = (what: string, at: (second: number) => Readings) => t.same(everHeld(readOnly(300, at)), [], what)
  never('from the start', () => node(DATA_RO))
  never('squashfs', second => node(second < 50 ? DATA_RW : '7:1 / /snap/core ro - squashfs /dev/loop1 ro'))
  never('a ro bind mount of a container', second =>
    node(second < 50 ? DATA_RW : DATA_RW.replace('/data rw', '/data ro')),
  )
  never('unmounted', second =>
    second < 50 ? node(DATA_RW) : { ...node(DATA_RW), mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw') },
  )
  const elsewhere = mounts('253:1 / / rw - ext4 /dev/vda1 rw', VAR, '253:16 / /data ro - ext4 /dev/vdb ro').slice(0, 3)
  never('unmounted and mounted read-only', second =>
    second < 50
      ? node(DATA_RW)
      : { ...node(DATA_RO), mounts: elsewhere.filter(({ mountPoint }) => mountPoint !== '/var') },
  )
})

t.test('ext4 that stopped on an error while its flags say rw', async t => {
  const broken = vdb({ errorsCount: 3, lastErrorTime: BOOT + 5000, sessionWriteKbytes: 100, errorMode: 'remount-ro' })
  const outcomes = readOnly(300, second => node(DATA_RW, second < 50 ? vdb() : broken))
  t.same(span(outcomes, 'ReadonlyFilesystem//data'), [110, 300])
  t.same(everHeld(outcomes), ['ReadonlyFilesystem//data warning'])
  t.match(problem(last(outcomes), 'ReadonlyFilesystem//data'), {
    message: '/data (ext4 on /dev/vdb) stopped writing after 3 errors, although its mount still says rw',
    evidence: { errorsCount: 3, flag: 'rw' },
  })
  const atStart = readOnly(100, () => node(DATA_RW, broken))
  t.same(everHeld(atStart), ['ReadonlyFilesystem//data warning'], 'errors of this boot, from before the agent')
  const lost = readOnly(300, second => ({ ...node(DATA_RW, broken), ...(second > 100 ? { ext4: 'Io' as const } : {}) }))
  t.ok(problem(last(lost), 'ReadonlyFilesystem//data'), 'a lost count ends nothing')
})

t.test('it ends with e2fsck, or when it is mounted anew', async t => {
  const broken = { errorsCount: 3, lastErrorTime: BOOT + 5000, errorMode: 'remount-ro' } as const
  const ends = (what: string, after: Readings) =>
    t.same(
      span(
        readOnly(400, second => (second < 200 ? node(DATA_RW, vdb({ ...broken, sessionWriteKbytes: 900 })) : after)),
        'ReadonlyFilesystem//data',
      ),
      [60, 250],
      what,
    )
  ends('checked', node(DATA_RW, vdb()))
  ends('mounted anew under the same mount id', node(DATA_RW, vdb({ ...broken, sessionWriteKbytes: 4 })))
  ends('other mount id', {
    ...node(DATA_RW, vdb({ ...broken, sessionWriteKbytes: 900 })),
    mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw', '0:30 / /run rw - tmpfs tmpfs rw', DATA_RW),
  })
})

t.test('old errors and errors=continue are told once, as information', async t => {
  const told = (what: string, ext4: Ext4[]) => {
    const outcomes = readOnly(1000, () => node('253:16 / /data rw - ext4 /dev/vdb rw', ext4))
    t.same(everHeld(outcomes), ['FilesystemCorrupt//data info'], what)
    t.same(span(outcomes, 'FilesystemCorrupt//data'), [0, 590], 'for 10 min')
  }
  told('of another boot', vdb({ errorsCount: 2, lastErrorTime: BOOT - 5000, errorMode: 'remount-ro' }))
  told('errors=continue', vdb({ errorsCount: 2, lastErrorTime: BOOT + 5000, errorMode: 'continue' }))
})

/** An agent that ends after `seconds` and starts again at `again`, both on the clock of one boot. */
function restarted(at: (second: number) => Readings, seconds: number, again: number, end: number): Outcome[] {
  const before = readOnly(seconds, at)
  const { tracks, conditions, derived } = last(before).state
  const kept = JSON.parse(JSON.stringify(keptDerived(derived))) as ReturnType<typeof keptDerived>
  const after = samples(end, at).filter(({ atMs }) => atMs >= again * 1000)
  return [...before, ...play(after, RO_RULES, 10_000, { tracks, conditions, derived: kept })]
}

t.test('after a restart in the same boot old errors are not told again', async t => {
  const old = () => node(DATA_RW, vdb({ errorsCount: 2, lastErrorTime: BOOT - 5000, errorMode: 'remount-ro' }))
  t.same(span(restarted(old, 100, 900, 2000), 'FilesystemCorrupt//data'), [0, 100])
})

t.test('what turned read-only while the agent was down is told', async t => {
  const turned = restarted(second => node(second < 100 ? DATA_RW : DATA_RO), 90, 300, 500)
  t.same(span(turned, 'ReadonlyFilesystem//data'), [360, 500])
  const anew = restarted(
    second =>
      second < 100
        ? node(DATA_RW)
        : { ...node(DATA_RO), mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw', VAR, DATA_RO) },
    90,
    300,
    500,
  )
  t.same(everHeld(anew), [], 'mounted read-only meanwhile')
})

t.test('errors from while the agent was down are told, unless a new mount ended them', async t => {
  const broken = { errorsCount: 3, lastErrorTime: BOOT + 5000, errorMode: 'remount-ro' } as const
  const held = (before: Readings, after: Readings) =>
    everHeld(restarted(second => (second < 100 ? before : after), 90, 300, 500).slice(10))
  const errors = ['ReadonlyFilesystem//data warning']
  t.same(held(node(DATA_RW), node(DATA_RW, vdb(broken))), errors, 'of one that stayed mounted')
  const without = { ...node(DATA_RW), mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw') }
  t.same(held(without, node(DATA_RW, vdb(broken))), errors, 'of one that was mounted meanwhile')
  const remounted = {
    ...node(DATA_RW, vdb(broken)),
    mounts: mounts('253:1 / / rw - ext4 /dev/vda1 rw', VAR.replace('253:16', '253:17'), DATA_RW),
  }
  const known = node(DATA_RW, vdb(broken))
  const ended = restarted(second => (second < 100 ? known : remounted), 90, 300, 500)
  t.same(span(ended, 'ReadonlyFilesystem//data'), [60, 350], 'known ones of one that was mounted anew')
})
