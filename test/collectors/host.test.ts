import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { directCalls } from '../../collectors/host/calls.ts'
import { LiveHost } from '../../collectors/host/live.ts'
import { HelperPool } from '../../collectors/host/pool.ts'
import { type Answers, isAnswer, recorder, replay } from '../../collectors/host/recording.ts'
import { TreeHost } from '../../collectors/host/tree.ts'
import { type Blocking, MAX_FILES } from '../../collectors/host.ts'
import { fault } from '../../collectors/reading.ts'

const REPOSITORY = join(import.meta.dirname, '../..')
const none = {} as Blocking

function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'node-agent-tree-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const rootsOf = (root: string) => ({ procfs: join(root, 'proc'), sysfs: join(root, 'sys'), rootfs: root })

t.test('the live host reads again through a kept descriptor', async t => {
  const host = new LiveHost({ procfs: '/proc', sysfs: '/sys', rootfs: '/' }, none)
  t.teardown(() => host.close())
  const descriptors = () => readdirSync('/proc/self/fd').length
  const first = host.read('/proc/uptime')
  const open = descriptors()
  for (let i = 0; i < 100; i++) host.read('/proc/uptime')
  t.equal(descriptors(), open)
  const second = host.read('/proc/uptime')
  t.ok(first.ok && second.ok && Number.parseFloat(second.value) >= Number.parseFloat(first.value))
  t.match(host.read('/proc/nothing'), { ok: false, fault: { code: 'Absent', detail: '/proc/nothing: ENOENT' } })
  t.match(host.list('/sys/class/net'), { ok: true })
})

t.test('a file past the cap is a clear fault, one at the cap is whole', async t => {
  const root = tree({
    'proc/huge': 'x'.repeat(4 * 1024 * 1024 + 1),
    'proc/large': 'y'.repeat(4 * 1024 * 1024),
    'proc/empty': '',
  })
  for (const host of [new LiveHost(rootsOf(root), none), new TreeHost(rootsOf(root))]) {
    t.match(host.read('/proc/huge'), {
      ok: false,
      fault: { code: 'TooLarge', detail: '/proc/huge is larger than 4194304 bytes' },
    })
    const large = host.read('/proc/large')
    t.equal(large.ok && large.value.length, 4 * 1024 * 1024)
    t.same(host.read('/proc/empty'), { ok: true, value: '' })
  }
})

t.test('a kept descriptor whose file was replaced by the kernel is opened anew', async t => {
  const root = tree({ 'proc/1/stat': 'one' })
  const host = new LiveHost(rootsOf(root), none)
  t.same(host.read('/proc/1/stat'), { ok: true, value: 'one' })
  writeFileSync(join(root, 'proc/1/stat'), 'longer than before')
  t.same(host.read('/proc/1/stat'), { ok: true, value: 'longer than before' })
  writeFileSync(join(root, 'proc/1/stat'), '1')
  t.same(host.read('/proc/1/stat'), { ok: true, value: '1' }, 'nothing of the longer text is left')
})

t.test('a tree stands in for pid 1 only where it lacks it, and takes nothing from outside', async t => {
  const without = new TreeHost(rootsOf(tree({ 'proc/net/snmp': 'own', 'proc/self/mountinfo': 'mounts' })))
  t.same(without.read('/proc/1/net/snmp'), { ok: true, value: 'own' })
  t.same(without.read('/proc/1/mountinfo'), { ok: true, value: 'mounts' })
  const withInit = new TreeHost(rootsOf(tree({ 'proc/net/snmp': 'own', 'proc/1/net/snmp': 'init' })))
  t.same(withInit.read('/proc/1/net/snmp'), { ok: true, value: 'init' })
  t.match(withInit.list('/sys/block'), { ok: false, fault: { code: 'Absent' } })
  t.match(await withInit.blocking.statfs('/'), { ok: false, fault: { code: 'Absent' } })
  const sizes = { blockSize: 4096, blocks: 10, freeBlocks: 5, availableBlocks: 4, files: 3, freeFiles: 2 }
  const root = tree({ 'proc/uptime': '1 1', 'statfs.json': JSON.stringify({ '/var': sizes }) })
  t.same(await new TreeHost(rootsOf(root)).blocking.statfs('/var'), { ok: true, value: sizes })
})

t.test('links of a tree lead nowhere but into it, and what is no regular file is not read', async t => {
  const root = tree({
    'proc/real': 'inside',
    'sys/devices/pci/block/vda/dev': '253:0',
    'data/os-release': 'NAME=inside',
    'meta/daemon.json': '{}',
  })
  const link = (target: string, path: string) => symlinkSync(target, join(root, path))
  link('/proc/meminfo', 'proc/meminfo')
  link('../../../../../../../proc/uptime', 'proc/uptime')
  link('/proc/real', 'proc/link')
  link('/proc/self', 'proc/1')
  mkdirSync(join(root, 'sys/block'))
  link('../devices/pci/block/vda', 'sys/block/vda')
  link('/sys/class', 'sys/class')
  link('/etc', 'etc')
  link('/data', 'usr')
  execFileSync('mkfifo', [join(root, 'proc/loadavg'), join(root, 'statfs.json')])
  const host = new TreeHost(rootsOf(root))
  t.match(host.read('/proc/meminfo'), { ok: false })
  t.match(host.read('/proc/uptime'), { ok: false })
  t.match(host.read('/proc/1/mountinfo'), { ok: false })
  t.match(host.list('/sys/class/net'), { ok: false })
  t.match(host.read('/proc/loadavg'), { ok: false, fault: { detail: '/proc/loadavg is not a regular file' } })
  t.same(host.read('/proc/link'), { ok: true, value: 'inside' })
  t.same(host.read('/sys/block/vda/dev'), { ok: true, value: '253:0' })
  t.same(host.readlink('/sys/block/vda'), { ok: true, value: '../devices/pci/block/vda' })
  const { blocking } = host
  t.match(await blocking.readText('/etc/passwd', 100_000), { ok: false })
  t.match(await blocking.files('/etc', 1), { ok: false })
  t.same(await blocking.readText('/usr/os-release', 100), { ok: true, value: 'NAME=inside' })
  t.match(await blocking.statfs('/'), { ok: false, fault: { code: 'Malformed' } })
  const frames = tree({ '0/proc/real': 'of frame 0', '0/sys/x': '' })
  mkdirSync(join(frames, '5000'))
  symlinkSync('../0/proc', join(frames, '5000/proc'))
  const next = rootsOf(join(frames, '5000'))
  t.same(new TreeHost(next, frames).read('/proc/real'), { ok: true, value: 'of frame 0' }, 'what did not change')
  t.match(new TreeHost(next).read('/proc/real'), { ok: false })
  const outside = tree({ 'var/x': '' })
  for (const name of ['proc', 'sys']) symlinkSync(`/${name}`, join(outside, name))
  t.match(new TreeHost(rootsOf(outside)).read('/proc/meminfo'), { ok: false })
  t.match(new TreeHost(rootsOf(outside)).list('/sys/class'), { ok: false })
})

t.test('what no host can answer', async t => {
  const answers: [string, unknown][] = [
    ['read /proc/loadavg', 'text'],
    ['read /proc/loadavg', null],
    ['read /proc/loadavg', { ok: true, value: 1 }],
    ['read /proc/loadavg', { ok: true }],
    ['read /proc/loadavg', { ok: false }],
    ['read /proc/loadavg', { ok: false, fault: 'Io' }],
    ['read /proc/loadavg', { ok: true, value: '', partial: 'Io' }],
    ['list /sys/block', { ok: true, value: [1] }],
    ['files /log 2', { ok: true, value: [{ path: 'x' }] }],
  ]
  for (const [question, answer] of answers) t.notOk(isAnswer(question, answer), JSON.stringify(answer))
  t.ok(isAnswer('read /proc/loadavg', fault('Absent', 'x')))
  t.ok(isAnswer('list /sys/block', { ok: true, value: ['vda'] }))
})

t.test('files of a directory: depth, no symbolic links, sizes', async t => {
  const root = tree({ 'log/a/1.log': '12345', 'log/a/deep/2.log': 'x', 'log/top': '' })
  symlinkSync('/etc/passwd', join(root, 'log/a/link'))
  symlinkSync('/etc', join(root, 'log/dir'))
  const calls = directCalls(root)
  const list = calls.files('/log', 2)
  t.ok(list.ok)
  t.same(list.ok && list.value.map(file => [file.path, file.sizeBytes]).sort(), [
    ['a/1.log', 5],
    ['top', 0],
  ])
  t.match(calls.files('/nothing', 2), { ok: false, fault: { code: 'Absent' } })
  t.match(calls.readText('/log/a/link', 100), { ok: false, fault: { code: 'Io', detail: '/log/a/link: ELOOP' } })
  t.match(calls.readText('/log/a/1.log', 2), { ok: false, fault: { code: 'TooLarge' } })
  t.match(calls.readText('/log', 100), { ok: false })
})

t.test('a directory with too many files is cut, and says so', async t => {
  const many = Object.fromEntries(
    Array.from({ length: MAX_FILES + 1 }, (_, index) => [`log/${index % 7}/${index}`, '']),
  )
  const list = directCalls(tree(many)).files('/log', 2)
  t.equal(list.ok && list.value.length, MAX_FILES)
  t.match(list, { partial: { code: 'TooLarge', detail: '/log: more than 20000 files' } })
})

t.test('of a JSON file only what is needed leaves its reader', async t => {
  const labels = { 'io.kubernetes.pod.name': 'web-0', token: 'hunter2' }
  const config = { ID: 'ab', Name: '/web', Path: 'hunter2', Config: { Env: ['PASSWORD=hunter2'], Labels: labels } }
  const calls = directCalls(
    tree({
      'c/config.v2.json': JSON.stringify(config),
      'daemon.json': '{"data-root": "/data", "graph": ["hunter2"], "http-proxy": "http://user:hunter2@proxy"}',
      elsewhere: ' {"data-root": "/data", "http-proxy": "http://user:hunter2@proxy"}',
      'cut.json': '{"Env": ["PASSWORD=hunter2"',
      cut: '{"Env": ["PASSWORD=hunter2"',
      'list.json': '["hunter2"]',
    }),
  )
  const keys = [['data-root'], ['ID'], ['Name'], ['Config', 'Labels', 'io.kubernetes.pod.name']]
  const read = (path: string) => calls.readJson(path, 1000, keys)
  t.same(read('/c/config.v2.json'), {
    ok: true,
    value: '{"ID":"ab","Name":"/web","Config":{"Labels":{"io.kubernetes.pod.name":"web-0"}}}',
  })
  for (const path of ['/daemon.json', '/elsewhere']) t.same(read(path), { ok: true, value: '{"data-root":"/data"}' })
  for (const path of ['/cut.json', '/cut', '/list.json']) {
    t.match(read(path), { ok: false, fault: { code: 'Malformed' } })
    t.notMatch(JSON.stringify(read(path)), 'hunter2')
  }
  t.match(read('/none'), { ok: false, fault: { code: 'Absent' } })
})

t.test('symbolic links are resolved below the same root', async t => {
  const root = tree({ 'data/docker/x': '' })
  mkdirSync(join(root, 'var/lib'), { recursive: true })
  symlinkSync('/data/docker', join(root, 'var/lib/docker'))
  symlinkSync('loop', join(root, 'loop'))
  const calls = directCalls(root)
  t.same(calls.resolve('/var/lib/docker'), { ok: true, value: '/data/docker' })
  t.match(calls.resolve('/loop'), { ok: false, fault: { code: 'Io' } })
  t.match(calls.resolve('/var/lib/none'), { ok: false, fault: { code: 'Absent' } })
})

t.test('real helper process: statfs of this machine', async t => {
  const pool = new HelperPool([process.execPath, join(REPOSITORY, 'agent/main.ts'), 'helper', '/'])
  t.teardown(() => pool.close())
  const statfs = await pool.statfs('/')
  t.ok(statfs.ok)
  t.match(await pool.resolve('/proc/self/../version'), { ok: true })
})

t.test('a call that hangs costs its own answer and nobody else’s', async t => {
  const pool = new HelperPool([process.execPath, join(import.meta.dirname, 'hanging-helper.ts')], {
    deadlineMs: 300,
    startupMs: 5000,
  })
  t.teardown(() => pool.close())
  t.same(await pool.resolve('/fine'), { ok: true, value: '/fine' })
  const [before, hung, behind] = await Promise.all([pool.resolve('/a'), pool.resolve('/hang'), pool.resolve('/b')])
  t.same(before, { ok: true, value: '/a' })
  t.match(hung, { ok: false, fault: { code: 'Timeout', detail: /resolve \/hang did not answer within/ } })
  t.same(behind, { ok: true, value: '/b' })
  t.match(await pool.resolve('/hang'), { ok: false, fault: { code: 'Timeout' } }, 'not asked again at once')
  t.match(await pool.resolve('/die'), { ok: false, fault: { code: 'Io', detail: /the helper process ended/ } })
  t.match(await pool.resolve('/half'), { ok: false, fault: { detail: /the helper process ended/ } })
  t.same(await pool.resolve('/c'), { ok: true, value: '/c' })
})

t.test('what was recorded is replayed, and nothing else', async t => {
  const answers: Answers = new Map()
  const host = recorder(
    new TreeHost(rootsOf(tree({ 'proc/uptime': '1 2', 'data/x': 'y', 'data/y': '{"a": 1, "b": {"c": 2, "d": 3}}' }))),
    (question, answer) => answers.set(question, answer),
  )
  const asked = [
    host.read('/proc/uptime'),
    host.read('/proc/none'),
    host.list('/sys/block'),
    await host.blocking.resolve('/data'),
    await host.blocking.readText('/data/x', 10),
    await host.blocking.readJson('/data/y', 100, [['b', 'c']]),
  ]
  const again = replay(
    JSON.parse(JSON.stringify([...answers])).reduce(
      (map: Answers, [key, value]: [string, never]) => map.set(key, value),
      new Map(),
    ),
  )
  t.same(
    [
      again.read('/proc/uptime'),
      again.read('/proc/none'),
      again.list('/sys/block'),
      await again.blocking.resolve('/data'),
      await again.blocking.readText('/data/x', 10),
      await again.blocking.readJson('/data/y', 100, [['b', 'c']]),
    ],
    asked,
  )
  t.match(again.read('/proc/other'), {
    ok: false,
    fault: { code: 'Absent', detail: '/proc/other: not in this capture' },
  })
})
