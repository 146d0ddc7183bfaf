import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Places } from '../../collectors/collector.ts'
import { type ContainerLog, containerlogs } from '../../collectors/containerlogs.ts'
import { type ContainerName, containernames, parseConfigV2 } from '../../collectors/containernames.ts'
import { parseDaemonJson } from '../../collectors/dockerroots.ts'
import { ext4, parseCount, parseErrorMode } from '../../collectors/ext4.ts'
import { filesystems, networkfilesystems, probes } from '../../collectors/filesystems.ts'
import { isDisk, isNetwork, isScratch } from '../../collectors/filesystemtypes.ts'
import { TreeHost } from '../../collectors/host/tree.ts'
import type { Host, StatFs } from '../../collectors/host.ts'
import { parseMountinfo, parseMounts } from '../../collectors/mounts.ts'
import { nodepaths } from '../../collectors/nodepaths.ts'
import { fault, ok, type Reading } from '../../collectors/reading.ts'
import { totalParser } from './total.ts'

const PLACES: Places = {
  kubeletRoots: ['/var/lib/kubelet', '/var/lib/k0s/kubelet'],
  runtimeRoots: ['/var/lib/containerd', '/var/lib/docker'],
  dockerRoots: ['/var/lib/docker'],
  podLogRoots: ['/var/log/pods'],
}

const SPACE: StatFs = { blockSize: 4096, blocks: 100, freeBlocks: 50, availableBlocks: 45, files: 10, freeFiles: 5 }

/** A tree on disk: files by path, `->` for links. */
function tree(files: Readonly<Record<string, string>>): Host {
  const root = mkdtempSync(join(tmpdir(), 'node-agent-tree-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(root, path))
    else writeFileSync(join(root, path), text)
  }
  return new TreeHost({ procfs: join(root, 'proc'), sysfs: join(root, 'sys'), rootfs: root })
}

/** Mounts of a node, each line with what is special about it. */
const MOUNTINFO = [
  '22 27 0:21 / /proc rw - proc proc rw',
  '23 27 0:22 / /sys rw - sysfs sysfs rw',
  '24 27 0:6 / /dev rw - devtmpfs udev rw,size=4k',
  '25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw',
  '26 27 0:24 / /run rw - tmpfs tmpfs rw',
  '27 1 254:1 / / rw - ext4 /dev/vda1 rw',
  '28 27 254:1 /snap /data/bind ro - ext4 /dev/vda1 rw',
  '29 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro',
  '30 27 0:40 / /mnt/nfs rw - nfs4 server:/export rw',
  '31 27 0:41 / /misc rw - autofs systemd-1 rw',
  '32 27 0:42 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw',
  '33 27 0:43 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~secret/token rw - tmpfs tmpfs rw',
  '34 27 0:44 / /run/containerd/io.containerd.grpc.v1.cri/sandboxes/s1/shm rw - tmpfs shm rw',
  '35 27 0:45 /@ /srv rw - btrfs /dev/vdb rw',
  '36 27 254:16 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/pvc/mount rw - ext4 /dev/vdc rw',
  '37 27 254:32 / /old rw - ext4 /dev/vdd rw',
  '38 27 254:48 / /old rw - xfs /dev/vde rw',
].join('\n')

t.test('file systems that can fill up are asked once per super block', async t => {
  const mounts = parseMountinfo(MOUNTINFO)
  const asked = probes(mounts, mount => isDisk(mount) || isScratch(mount))
  t.same(
    asked.map(({ mountPoints, type }) => `${type} ${mountPoints.join(' ')}`),
    [
      'tmpfs /dev/shm',
      'tmpfs /run',
      'ext4 / /data/bind',
      'btrfs /srv',
      'ext4 /var/lib/kubelet/pods/u1/volumes/kubernetes.io~csi/pvc/mount',
      'xfs /old',
    ],
    'no autofs, overlay, squashfs, secrets, sandbox shm; of two mounts on one another the upper one',
  )
  t.same(
    probes(mounts, isNetwork).map(({ dev }) => dev),
    ['0:40'],
  )
  const old = parseMounts(
    'rootfs / rootfs rw 0 0\n/dev/vda / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\nproc /proc proc rw 0 0\n',
  )
  t.same(
    probes(old, mount => isDisk(mount) || isScratch(mount)).map(({ mountPoints }) => mountPoints[0]),
    ['/', '/run'],
  )
})

t.test('statfs.json of a tree; a mount point that it lacks is asked elsewhere or left out', async t => {
  const host = tree({
    'proc/1/mountinfo': `${MOUNTINFO}\n`,
    'statfs.json': JSON.stringify({ '/data/bind': SPACE, '/run': SPACE, '/srv': { ...SPACE, blocks: 'many' } }),
  })
  const reading = await filesystems.collect(host, PLACES)
  t.match(reading, { ok: true, partial: { code: 'Malformed', detail: 'statfs /srv: blocks is not a count' } })
  t.same(reading.ok && reading.value.map(({ dev, mountPoint, space }) => [dev, mountPoint, space.ok]), [
    ['0:24', '/run', true],
    ['254:1', '/data/bind', true],
    ['0:45', '/srv', false],
  ])
  t.match(await networkfilesystems.collect(host, PLACES), { ok: false, fault: { code: 'Absent' } })
})

t.test('a statfs.json that holds something else', async t => {
  for (const text of ['', '7', 'null', '{"/": ', '"\u0000"']) {
    const host = tree({ 'proc/1/mountinfo': MOUNTINFO, 'statfs.json': text })
    t.match(await filesystems.collect(host, PLACES), { ok: false, fault: { code: 'Malformed' } }, text)
  }
})

t.test('a tree without statfs.json has no file systems, not failed ones', async t => {
  t.match(await filesystems.collect(tree({ 'proc/1/mountinfo': MOUNTINFO }), PLACES), {
    ok: false,
    fault: { code: 'Absent' },
  })
})

t.test('one file system that hangs takes nothing from the others', async t => {
  const statfs = async (path: string): Promise<Reading<StatFs>> =>
    path === '/srv' ? fault('Timeout', 'statfs /srv hangs in the kernel') : ok(SPACE)
  const host = { read: () => ok(MOUNTINFO), blocking: { statfs } } as unknown as Host
  const reading = await filesystems.collect(host, PLACES)
  t.match(reading, { ok: true, partial: { code: 'Timeout', detail: 'statfs /srv hangs in the kernel' } })
  t.equal(reading.ok && reading.value.filter(({ space }) => space.ok).length, 5)
  const none = async () => fault('Timeout', 'statfs hangs in the kernel')
  const hung = { read: () => ok(MOUNTINFO), blocking: { statfs: none } } as unknown as Host
  t.match(
    await filesystems.collect(hung, PLACES),
    { ok: false, fault: { code: 'Timeout' } },
    'none answers: nothing known',
  )
  const refused = async () => fault('Denied', 'statfs /mnt: EACCES')
  const fuse = { read: () => ok('36 27 0:9 / /mnt rw - fuse.sshfs host: rw'), blocking: { statfsServed: refused } }
  const network = await networkfilesystems.collect(fuse as unknown as Host, PLACES)
  t.ok(network.ok && network.partial === undefined, 'FUSE refuses root by design')
})

t.test('directories of kubelet and runtimes, through links and daemon.json', async t => {
  const host = tree({
    'etc/docker/daemon.json': '{"data-root": "/srv/docker", "log-opts": {"max-size": "10m"}}',
    'data/kubelet/cpu_manager_state': '',
    'var/lib/kubelet': '->/data/kubelet',
    'srv/docker/containers/x': '',
    'proc/stat': '',
  })
  const reading = await nodepaths.collect(host, PLACES)
  t.same(reading.ok && reading.value, [
    { purpose: 'kubelet root', path: '/var/lib/kubelet', resolved: '/data/kubelet' },
    { purpose: 'runtime root', path: '/srv/docker', resolved: '/srv/docker' },
  ])
  t.same(parseDaemonJson('{}'), { dataRoot: null })
  t.same(parseDaemonJson('{"graph": "/opt/docker"}'), { dataRoot: '/opt/docker' }, 'before Docker 17.05')
  t.throws(() => parseDaemonJson('{"data-root": "relative"}'), /data-root is .* not an absolute path/)
  t.throws(() => parseDaemonJson('{'), /is not JSON/)
  totalParser(t, parseDaemonJson, '{"data-root": "/srv/docker"}')
})

const ID = '3f4e'.repeat(16)

t.test('docker json-logs below a symlinked root, with rotated files and names', async t => {
  const log = `data/docker/containers/${ID}`
  const labels = {
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.name': 'web-0',
    'io.kubernetes.container.name': 'app',
  }
  const host = tree({
    'var/lib/docker': '->/data/docker',
    [`${log}/${ID}-json.log`]: 'x'.repeat(10),
    [`${log}/${ID}-json.log.1`]: 'x'.repeat(100),
    [`${log}/${ID}-json.log.2.gz`]: 'x'.repeat(5),
    [`${log}/config.v2.json`]: JSON.stringify({ ID, Name: '/k8s_app_web-0_shop_u_0', Config: { Labels: labels } }),
    'data/docker/containers/broken/config.v2.json': 'garbage',
    'proc/stat': '',
  })
  const logs = (await containerlogs.collect(host, PLACES)) as Reading<ContainerLog[]>
  t.match(logs, { ok: true, value: [{ containerId: ID, owner: null, directory: `/data/docker/containers/${ID}` }] })
  t.same(logs.ok && logs.value[0]!.files.map(({ name, current, sizeBytes }) => [name, current, sizeBytes]), [
    [`${ID}-json.log`, true, 10],
    [`${ID}-json.log.1`, false, 100],
    [`${ID}-json.log.2.gz`, false, 5],
  ])
  const names = (await containernames.collect(host, PLACES)) as Reading<ContainerName[]>
  t.match(names, { ok: true, partial: { code: 'Malformed' } }, 'a damaged name takes nothing from the others')
  t.same(names.ok && names.value, [
    { containerId: ID, name: 'k8s_app_web-0_shop_u_0', owner: { namespace: 'shop', pod: 'web-0', container: 'app' } },
  ])
})

t.test('CRI logs by pod and container; instances and rotated files belong together', async t => {
  const pod = 'var/log/pods/shop_web-0_0d1f4a52/app'
  const host = tree({
    [`${pod}/9.log`]: 'old',
    [`${pod}/10.log`]: 'newest',
    [`${pod}/10.log.20261122-030000.gz`]: 'zz',
    'var/log/pods/shop_web-0_0d1f4a52/app/notes.txt': 'no log',
    'var/log/pods/odd/app/0.log': 'no pod',
    'proc/stat': '',
  })
  const logs = (await containerlogs.collect(host, PLACES)) as Reading<ContainerLog[]>
  t.equal(logs.ok && logs.value.length, 1)
  t.match(logs.ok && logs.value[0], {
    containerId: null,
    owner: { namespace: 'shop', pod: 'web-0', uid: '0d1f4a52', container: 'app' },
  })
  t.same(logs.ok && logs.value[0]!.files.map(({ name, current }) => [name, current]), [
    ['10.log', true],
    ['10.log.20261122-030000.gz', false],
    ['9.log', false],
  ])
  t.match(await containerlogs.collect(tree({ 'proc/stat': '' }), PLACES), { ok: false, fault: { code: 'Absent' } })
  t.match(await containernames.collect(tree({ 'proc/stat': '' }), PLACES), { ok: false, fault: { code: 'Absent' } })
})

t.test('names of docker containers', async t => {
  t.same(parseConfigV2('{"ID":"ab","Name":"/web"}'), { containerId: 'ab', name: 'web', owner: null })
  t.throws(() => parseConfigV2('{"ID":"ab"}'), /no ID or no Name/)
  t.throws(() => parseConfigV2('[]'), /not a JSON object/)
  totalParser(t, parseConfigV2, '{"ID":"ab","Name":"/web","Config":{"Labels":{"io.kubernetes.pod.name":"web-0"}}}')
})

t.test('errors that ext4 counted', async t => {
  const host = tree({
    'sys/fs/ext4/features/encryption': 'supported\n',
    'sys/fs/ext4/vda1/errors_count': '0\n',
    'sys/fs/ext4/dm-0/errors_count': '2\n',
    'sys/fs/ext4/dm-0/last_error_time': '1764000123\n',
    'sys/fs/ext4/dm-0/session_write_kbytes': '52\n',
    'proc/fs/ext4/dm-0/options': 'rw\nbsddf\nerrors=remount-ro\ncommit=5\n',
  })
  const reading = await ext4.collect(host, PLACES)
  t.same(reading.ok && reading.value.toSorted((a, b) => (a.device < b.device ? -1 : 1)), [
    { device: 'dm-0', errorsCount: 2, lastErrorTime: 1764000123, sessionWriteKbytes: 52, errorMode: 'remount-ro' },
    { device: 'vda1', errorsCount: 0, lastErrorTime: null, sessionWriteKbytes: null, errorMode: null },
  ])
  t.match(await ext4.collect(tree({ 'sys/fs/ext4/vda1/errors_count': '' }), PLACES), {
    fault: { code: 'Malformed', detail: '/sys/fs/ext4/vda1/errors_count: the file is empty' },
  })
  t.match(await ext4.collect(tree({ 'sys/fs/xfs/x': '' }), PLACES), { fault: { code: 'Absent' } })
  t.match(await ext4.collect(tree({ 'sys/fs/ext4/features/x': '' }), PLACES), { fault: { code: 'Absent' } })
  t.equal(parseErrorMode('rw\nbarrier\n'), null)
  t.equal(parseErrorMode('ro\nerrors=continue\n'), 'continue')
  totalParser(t, parseErrorMode, 'rw\nerrors=panic\n')
  totalParser(t, parseCount, '12\n')
})
