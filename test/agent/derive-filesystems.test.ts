import t from 'tap'
import { derive, type Facts, startDeriving } from '../../agent/derive/index.ts'
import { readonly } from '../../agent/derive/readonly.ts'
import { superBlocks } from '../../agent/derive/superblocks.ts'
import { addPoint, forecast, type Point, robustSlope } from '../../agent/derive/trend.ts'
import type { Outcome } from '../../agent/pipeline.ts'
import { type SignalName, Signals } from '../../agent/signals.ts'
import { parseDiskstats } from '../../collectors/diskstats.ts'
import type { Sample } from '../../collectors/index.ts'
import { fault } from '../../collectors/reading.ts'
import { dockerLog, filesystem, GIB, MIB, mounts, space } from './nodes.ts'
import { last, PLACES, play, type Readings, sampleAt, samples } from './samples.ts'

const ROOT = '253:1 / / rw - ext4 /dev/vda1 rw'

const signal = (outcome: Outcome, name: SignalName, subject: string): number | undefined =>
  outcome.signals.get(name, subject)

const factsOf = (readings: Readings): Facts =>
  derive(startDeriving(), { prev: null, curr: sampleAt(0, readings), places: PLACES, signals: new Signals() }).facts

const line = (perSecond: number, seconds: number, everySeconds = 10): Point[] =>
  Array.from({ length: seconds / everySeconds + 1 }, (_, index) => ({
    atMs: index * everySeconds * 1000,
    used: index * everySeconds * perSecond,
  }))

t.test('a robust slope', async t => {
  t.equal(robustSlope([]), 0)
  t.equal(robustSlope(line(1000, 100)), 1)
  const outliers = line(1000, 100).map((point, index) => (index === 3 || index === 7 ? { ...point, used: 1e9 } : point))
  t.equal(robustSlope(outliers), 1, 'two wild points of eleven move nothing')
  t.equal(robustSlope(line(0, 100)), 0)
})

t.test('how far a forecast reaches', async t => {
  t.equal(forecast(line(1000, 40)), undefined, 'five points tell nothing')
  const minute = forecast(line(1000, 60))!
  t.equal(minute.perSecond, 1000)
  t.equal(minute.ms(479_000), 479_000, '8 times the minute that was fitted')
  t.equal(minute.ms(481_000), undefined)
  t.equal(minute.ms(0), 0)
  const half = line(1000, 1800)
  t.equal(forecast(half)!.ms(13_000_000), 13_000_000, 'half an hour sees 3.6 h')
  const stopped = [...half, ...line(0, 700).map(({ atMs }) => ({ atMs: 1_810_000 + atMs, used: 1_800_000 }))]
  t.equal(forecast(stopped.slice(-193))!.ms(100_000), undefined, 'the last third stands still')
  t.equal(forecast(line(-1000, 600))!.ms(1000), undefined, 'what shrinks does not fill up')
})

t.test('points of a trend are bounded in time and number', async t => {
  let window: readonly Point[] = []
  for (let second = 0; second <= 7200; second++) window = addPoint(window, { atMs: second * 1000, used: second })
  t.ok(window.length <= 481, `${window.length} points of 32 min`)
  t.ok(last(window).atMs - window[0]!.atMs <= 32 * 60_000)
})

t.test('sizes as df and the kubelet count them', async t => {
  const reserved = space(0.5, { availableBlocks: Math.round(space(0.5).blocks * 0.45), files: 1000, freeFiles: 250 })
  const [outcome] = play([sampleAt(0, { mounts: mounts(ROOT), filesystems: [filesystem('253:1', '/', reserved)] })])
  t.equal(signal(outcome!, 'filesystem.sizeBytes', '/'), 100 * GIB)
  t.equal(signal(outcome!, 'filesystem.availableBytes', '/'), 45 * GIB)
  t.equal(
    signal(outcome!, 'filesystem.usedRatio', '/')!.toFixed(4),
    (0.5 / 0.95).toFixed(4),
    'df leaves out what is reserved',
  )
  t.equal(signal(outcome!, 'filesystem.availableRatio', '/'), 0.45)
  t.equal(signal(outcome!, 'filesystem.inodes', '/'), 1000)
  t.equal(signal(outcome!, 'filesystem.usedRatio', '/#inodes'), 0.75)
  t.equal(signal(outcome!, 'filesystem.marginRatio', '/#inodes'), 0.2)
  t.equal(signal(outcome!, 'filesystem.fillBytesPerSecond', '/'), undefined, 'no rate on the first sample')
})

t.test('without inodes, without size, without an answer: no values', async t => {
  const readings: Readings = {
    mounts: mounts(ROOT, '0:45 / /srv rw - btrfs /dev/vdb rw', '0:46 / /odd rw - zfs pool rw'),
    filesystems: [
      { ...filesystem('253:1', '/', space(0.5)), space: fault('Timeout', 'statfs / hangs in the kernel') },
      filesystem('0:45', '/srv', space(0.5, { files: 0, freeFiles: 0 })),
      filesystem('0:46', '/odd', space(0.5, { blocks: 0, freeBlocks: 0, availableBlocks: 0 })),
    ],
  }
  const [outcome] = play([sampleAt(0, readings)])
  t.equal(signal(outcome!, 'filesystem.sizeBytes', '/'), undefined)
  t.equal(signal(outcome!, 'filesystem.usedRatio', '/srv'), 0.5)
  t.equal(signal(outcome!, 'filesystem.usedRatio', '/srv#inodes'), undefined)
  t.equal(signal(outcome!, 'filesystem.usedRatio', '/odd'), undefined)
})

t.test('fill rate and time until the line and until full', async t => {
  // 70 % used, 100 MiB/s: 25 GiB above the line of 5 % last 256 s.
  const used = (second: number) => 0.7 + (second * 100 * MIB) / (100 * GIB)
  const at = (second: number): Readings => ({
    mounts: mounts('253:16 / /data rw - ext4 /dev/vdb rw'),
    filesystems: [filesystem('253:16', '/data', space(used(second)))],
  })
  const outcome = last(play(samples(120, at)))
  t.ok(Math.abs(signal(outcome, 'filesystem.fillBytesPerSecond', '/data')! / (100 * MIB) - 1) < 0.001)
  t.ok(Math.abs(signal(outcome, 'filesystem.timeToLineMs', '/data')! - 136_000) < 100, '256 s less 120 s')
  t.ok(Math.abs(signal(outcome, 'filesystem.timeToFullMs', '/data')! - 187_200) < 100)
  t.equal(signal(outcome, 'filesystem.timeToLineMs', '/data#inodes'), undefined)
  const gone = last(
    play([...samples(120, at), sampleAt(130, { mounts: mounts(ROOT), filesystems: [] }), sampleAt(140, at(140))]),
  )
  t.equal(signal(gone, 'filesystem.fillBytesPerSecond', '/data'), undefined, 'after it vanished it starts anew')
})

t.test('lines of kubelet root, image store and others', async t => {
  const readings = (nodepaths: Readings['nodepaths']): Readings => ({
    mounts: mounts(
      ROOT,
      '253:16 / /data rw - ext4 /dev/vdb rw',
      '253:32 / /var/lib/containerd rw - ext4 /dev/vdc rw',
      '253:48 / /srv rw - ext4 /dev/vdd rw',
    ),
    filesystems: ['253:1 /', '253:16 /data', '253:32 /var/lib/containerd', '253:48 /srv'].map(text => {
      const [dev, mountPoint] = text.split(' ') as [string, string]
      return filesystem(dev, mountPoint, space(0.5))
    }),
    ...(nodepaths ? { nodepaths } : {}),
  })
  const lines = (nodepaths: Readings['nodepaths']) =>
    Object.fromEntries(factsOf(readings(nodepaths)).filesystems.map(({ mountPoint, line }) => [mountPoint, line]))
  t.same(
    lines([{ purpose: 'kubelet root', path: '/var/lib/kubelet', resolved: '/data/kubelet' }]),
    { '/': 0.05, '/data': 0.1, '/var/lib/containerd': 0.15, '/srv': 0.05 },
    'a symlinked kubelet root, and a mount at the image store that no directory shows',
  )
  t.same(
    lines(undefined),
    { '/': 0.1, '/data': 0.05, '/var/lib/containerd': 0.15, '/srv': 0.05 },
    'as configured: on one disk with the images the kubelet root has its own line',
  )
  t.same(
    lines([{ purpose: 'runtime root', path: '/var/lib/docker', resolved: '/var/lib/docker' }]),
    { '/': 0.05, '/data': 0.05, '/var/lib/containerd': 0.15, '/srv': 0.05 },
    'without a kubelet nobody removes images from the root file system',
  )
})

t.test('what is known of read-only file systems survives JSON', async t => {
  const at = (second: number, flag: string) =>
    sampleAt(second, {
      mounts: mounts(`253:16 / /data ${flag} - ext4 /dev/vdb ${flag}`),
      ext4: [{ device: 'vdb', errorsCount: 2, lastErrorTime: 5, sessionWriteKbytes: 1, errorMode: 'continue' }],
      diskstats: parseDiskstats('253 16 vdb 0 0 0 0 0 0 0 0 0 0 0\n'),
    })
  const stepOf = (state: typeof readonly.start, curr: Sample) => {
    const seen = { prev: null, curr, places: PLACES }
    return readonly.step(state, { ...seen, superBlocks: superBlocks(seen), signals: new Signals() })
  }
  const before = stepOf(readonly.start, at(0, 'rw'))
  t.match(before.facts, [{ mountPoint: '/data', turnedBy: null, news: true }])
  const kept = JSON.parse(JSON.stringify(before.state)) as typeof readonly.start
  t.same(kept, before.state)
  t.match(stepOf(kept, at(10, 'ro')).facts, [{ turnedBy: 'flags', everReadOnly: false, news: false }])
})

t.test('what the kubelet and others mount tells whose it is, in linear time', async t => {
  const pods = Array.from(
    { length: 2000 },
    (_, index) =>
      `0:${index + 100} / /var/lib/kubelet/pods/u${index}/volumes/kubernetes.io~secret/t rw - tmpfs tmpfs rw`,
  )
  const all = mounts(
    ROOT,
    '0:40 / /mnt/nfs rw - nfs4 server:/export rw',
    '253:64 / /var/lib/kubelet/plugins/kubernetes.io/csi/x/globalmount rw - ext4 /dev/vde rw',
    ...pods,
  )
  const step = { curr: sampleAt(0, { mounts: all }), places: PLACES }
  const blocks = superBlocks(step)
  t.same(
    [...blocks.values()].map(({ role }) => role),
    ['node', 'volume', 'volume'],
    "secrets of pods are nobody else's",
  )
  const begun = performance.now()
  for (let round = 0; round < 10; round++) superBlocks(step)
  t.ok((performance.now() - begun) / 10 < 100, 'ten times what it takes here')
})

const ID = 'ab12'.repeat(16)
const NAME = 'ab12ab12ab12'

t.test('logs grow across rotations, by inode', async t => {
  const growth = (...logs: (readonly (readonly [number, number])[])[]) =>
    play(logs.map((files, index) => sampleAt(index * 10, { containerlogs: [dockerLog(ID, ...files)] }))).map(outcome =>
      signal(outcome, 'containerlog.growthBytesPerSecond', NAME),
    )
  t.same(growth([[1, 100]], [[1, 300]]), [undefined, 20], 'none on the first sample')
  t.same(
    growth(
      [[1, 100]],
      [
        [2, 50],
        [1, 200],
      ],
    ),
    [undefined, 15],
    'renamed, and a new file',
  )
  t.same(
    growth(
      [
        [2, 50],
        [1, 200],
      ],
      [
        [3, 10],
        [2, 100],
      ],
    ),
    [undefined, 6],
    'the oldest one removed',
  )
  t.same(growth([[1, 5000]], [[1, 40]]), [undefined, 4], 'truncated: what it holds now')
  t.same(
    growth(
      [[1, 5000]],
      [
        [1, 40],
        [2, 5000],
      ],
    ),
    [undefined, 4],
    'copied and truncated: the copy is nothing new',
  )
  t.same(growth([[1, 5000]], [[7, 5000]]), [undefined, 0], 'frames of a tree: other inodes, the same file')
  t.same(
    growth(
      [
        [1, 5000],
        [2, 9000],
      ],
      [
        [7, 40],
        [8, 5010],
      ],
    ),
    [undefined, 5],
    'rotated from one frame to the next',
  )
  t.same(growth([[1, 5000]], [[7, 40]]), [undefined, 4], 'truncated from one frame to the next')
})

t.test('a log that vanished or was not read has no growth; names by docker and by CRI paths', async t => {
  const cri = {
    ...dockerLog('x', [1, 100]),
    containerId: null,
    owner: { namespace: 'shop', pod: 'web-0', uid: 'u1', container: 'app' },
    directory: '/var/log/pods/shop_web-0_u1/app',
  }
  const outcomes = play([
    sampleAt(0, { containerlogs: [cri] }),
    sampleAt(10, { containerlogs: 'Timeout' }),
    sampleAt(20, { containerlogs: [cri] }),
    sampleAt(30, { containerlogs: [dockerLog(ID, [1, 5])] }),
  ])
  t.same(
    outcomes.map(outcome => signal(outcome, 'containerlog.sizeBytes', 'shop/web-0/app')),
    [100, undefined, 100, undefined],
  )
  t.same(
    outcomes.map(outcome => signal(outcome, 'containerlog.growthBytesPerSecond', NAME)),
    [undefined, undefined, undefined, undefined],
  )
  t.match(factsOf({ containerlogs: [cri] }).containerlogs, [{ name: 'shop/web-0/app', podUid: 'u1', rotated: false }])
  const named: Readings = {
    containerlogs: [dockerLog(ID, [1, 5], [2, 6])],
    containernames: [
      { containerId: ID, name: 'k8s_app', owner: { namespace: 'shop', pod: 'web-0', container: 'app' } },
    ],
    mounts: mounts(ROOT),
    filesystems: [filesystem('253:1', '/', space(0.5))],
  }
  t.match(factsOf(named).containerlogs, [{ name: NAME, pod: 'web-0', container: 'app', rotated: true, fileCount: 2 }])
  t.equal(signal(last(play([sampleAt(0, named)])), 'containerlog.filesystemRatio', NAME), 11 / (100 * GIB))
})
