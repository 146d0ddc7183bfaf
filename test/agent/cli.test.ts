import { type ExecFileException, execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { CaptureWriter } from '../../agent/record/capture.ts'
import type { Report } from '../../agent/report.ts'
import type { TimelineEntry } from '../../agent/timeline.ts'
import { listen } from './loopback.ts'

const MAIN = join(import.meta.dirname, '../../agent/main.ts')
const directory = mkdtempSync(join(tmpdir(), 'node-agent-cli-'))

interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function cli(...args: string[]): Promise<Result> {
  return new Promise(resolve => {
    const done = (error: ExecFileException | null, stdout: string, stderr: string) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: directory, env: { PATH: process.env.PATH, NODE_NAME: 'test-node' }, maxBuffer: 64 * 1024 * 1024 },
      done,
    )
  })
}

/** diskstats of one disk that answers writes in `awaitMs`, written to a tree of frames 5 s apart. */
function slowDiskTree(name: string, frames: readonly number[]): string {
  const root = join(directory, name)
  let writeMs = 0
  for (const [index, awaitMs] of frames.entries()) {
    writeMs += 10 * awaitMs
    const proc = join(root, String(index * 5000), 'proc')
    mkdirSync(proc, { recursive: true })
    writeFileSync(
      join(proc, 'diskstats'),
      `253 0 vdb 0 0 0 0 ${index * 10} 0 800 ${writeMs} 0 ${index * 5000} ${writeMs} 0 0 0 0 0 0\n`,
    )
    writeFileSync(join(proc, 'loadavg'), '0.10 0.20 0.30 1/100 1000\n')
  }
  return root
}

const SLOW = [...Array(3).fill(5), ...Array(12).fill(1000), ...Array(20).fill(5)] as number[]

t.test('help of every command, unknown things are usage errors', async t => {
  for (const command of ['run', 'check', 'status', 'capture', 'replay', 'rules', 'config', 'version']) {
    t.match(await cli(command, '--help'), { code: 0, stdout: /Usage: node-agent/ }, command)
  }
  t.match(await cli('frobnicate'), { code: 2, stderr: /unknown command/ })
  t.match(await cli('check', '--frobnicate'), { code: 2, stderr: /unknown option '--frobnicate'/ })
  t.match(await cli('check', '--output', 'xml'), { code: 2, stderr: /Allowed choices are text, json/ })
  t.match(await cli('check', '--interval', 'soon'), { code: 2, stderr: /--interval soon: write a duration/ })
  t.match(await cli('check', '--set', 'rules.DiskSlow.raise=lots'), {
    code: 2,
    stderr: /^node-agent: --set: rules\.DiskSlow\.raise: "lots" is not/,
  })
  t.match(await cli('check', '--path.procfs', '/nonexistent'), { code: 3, stderr: /cannot be read \(ENOENT\)/ })
  t.match(await cli('check', '--path.procfs', directory, '--interval', '100ms'), {
    code: 3,
    stderr: /nothing readable below/,
  })
  t.match(await cli('version'), { code: 0, stdout: /^node-agent \d+\.\d+\.\d+ / })
})

t.test('check of this machine: a report of the contract', async t => {
  const { code, stdout } = await cli('check', '--interval', '500ms', '--output', 'json')
  t.ok(code === 0 || code === 1)
  const report = JSON.parse(stdout) as Report
  t.match(report, { apiVersion: 'node-agent/v1', node: 'test-node', publishing: { enabled: false } })
  t.match(report.collectors.diskstats, { status: 'ok' })
  t.ok(
    report.conditions.every(({ status, reason }) => status !== 'Unknown' || reason === 'NotYetJudged'),
    JSON.stringify(report.conditions),
  )
  const text = await cli('check', '--interval', '500ms')
  t.match(text.stdout, /^test-node: \w+, /)
  t.notMatch(text.stdout, '\u001b', 'no colour in a pipe')
})

t.test('replay of a tree: when it began, when it ended, exit 1 although it is over', async t => {
  const tree = slowDiskTree('slow', SLOW)
  const { code, stdout } = await cli('replay', tree, '--output', 'json', '--reports', 'all')
  t.equal(code, 1)
  const { timeline, final, reports } = JSON.parse(stdout) as {
    timeline: TimelineEntry[]
    final: Report
    reports: Report[]
  }
  t.match(timeline, [
    {
      id: 'DiskSlow/vdb',
      startMs: 15_000,
      endMs: 75_000,
      severity: 'warning',
      reason: 'DiskLatencyHigh',
      subject: { role: 'node' },
    },
  ])
  t.equal(timeline.length, 1)
  t.equal(reports.length, SLOW.length)
  t.equal(final.time, '1970-01-01T00:02:50.000Z')
  t.match(reports[10], {
    verdict: 'Degraded',
    problems: [{ since: '1970-01-01T00:00:15.000Z', message: 'vdb answers writes in 1 s' }],
  })
  t.match((await cli('replay', tree)).stdout, /\+15 s to \+75 s {2}WARNING DiskSlow\/vdb/)
  t.match(await cli('replay', tree, '--set', 'rules.DiskSlow.enabled=false'), {
    code: 0,
    stdout: /No problems in this recording/,
  })
  writeFileSync(join(tree, 'meta.json'), '{"startTime": "2026-11-22T03:00:00Z"}')
  t.match((await cli('replay', tree)).stdout, /At the end \(2026-11-22T03:02:50\.000Z\)/)
})

t.test('replay refuses what is no recording', async t => {
  writeFileSync(join(directory, 'text'), 'hello')
  mkdirSync(join(directory, 'empty'))
  t.match(await cli('replay', 'nothing'), { code: 2, stderr: /nothing: no such file or directory/ })
  t.match(await cli('replay', 'text'), { code: 2, stderr: /text: not a capture/ })
  t.match(await cli('replay', 'empty'), {
    code: 2,
    stderr: /empty: no frames; it must hold directories named by milliseconds/,
  })
})

t.test('replay refuses damaged recordings in one sentence', async t => {
  const header = {
    format: 'node-agent-capture',
    version: 1,
    node: 'n',
    startTime: '2026-11-22T03:00:00Z',
    intervalMs: 5000,
  }
  const frame = { ms: 0, wallMs: 1_795_316_400_000, set: {} }
  const damaged: Record<string, readonly unknown[]> = {
    'no-header': [null],
    'no-node': [{ ...header, node: 7 }],
    'far-start': [{ ...header, startTime: '+275760-09-13T00:00:00.000Z' }],
    'no-frame': [header, null],
    'far-frame': [header, { ...frame, wallMs: 1e300 }],
    backwards: [header, { ...frame, ms: 5000 }, frame],
    'no-set': [header, { ...frame, set: null }],
    'no-answer': [header, { ...frame, set: { 'read /proc/loadavg': 'text' } }],
  }
  for (const [name, lines] of Object.entries(damaged)) {
    writeFileSync(join(directory, name), gzipSync(lines.map(line => `${JSON.stringify(line)}\n`).join('')))
    const { code, stderr } = await cli('replay', name)
    t.equal(code, 2, name)
    t.match(stderr, new RegExp(`^node-agent: ${name}: [^\n]+\n$`))
  }
  const tree = slowDiskTree('meta', [5, 5])
  for (const meta of ['null', '7', '{"node": 7}', '{"startTime": 7}', '{"startTime": "+275760-09-13T00:00:00.000Z"}']) {
    writeFileSync(join(tree, 'meta.json'), meta)
    t.match(await cli('replay', tree), { code: 2, stderr: /^node-agent: \S+meta\.json: [^\n]+\n$/ }, meta)
  }
})

t.test('replay of what cannot be looked at; what nobody thought of is never exit 1', async t => {
  t.match(await cli('replay', 'x'.repeat(300)), { code: 2, stderr: /cannot be read \(ENAMETOOLONG\)\n$/ })
  t.match(await cli('replay', '/dev/null'), { code: 2, stderr: /\/dev\/null: not a file/ })
  const odd = 'data:text/javascript,Date.now = () => { throw new Error("odd") }'
  const { status, stderr } = spawnSync(process.execPath, ['--import', odd, MAIN, 'capture', '--file', '-'])
  t.equal(status, 3)
  t.match(stderr.toString(), /^node-agent: odd\n/)
})

t.test('a line without end is refused before it is read', async t => {
  const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024, ' '), { level: 1 })
  bomb.fill(0, bomb.length - 8) // nobody gets to see the wrong checksum at its end
  writeFileSync(join(directory, 'bomb.capture'), bomb)
  t.match(await cli('replay', 'bomb.capture'), { code: 2, stderr: /a line of more than 67108864 bytes/ })
})

t.test('a capture that cannot be written says so', { skip: !existsSync('/dev/full') }, async t => {
  const args = [MAIN, 'capture', '--duration', '1s', '--interval', '200ms', '--file', '-']
  const full = openSync('/dev/full', 'w')
  const onFullDisk = spawnSync(process.execPath, args, { stdio: ['ignore', full, 'pipe'], timeout: 20_000 })
  closeSync(full)
  t.equal(onFullDisk.status, 3)
  t.match(onFullDisk.stderr.toString(), /^node-agent: the capture cannot be written \(ENOSPC\); what was written/)
  const closed = spawnSync('sh', ['-c', '{ "$@"; echo $? >&2; } | true', 'sh', process.execPath, ...args])
  t.match(closed.stderr.toString(), /the capture cannot be written \(EPIPE\)[^\n]+\n3\n$/)
  const whole = spawnSync(process.execPath, args)
  t.equal(whole.status, 0)
  t.match(gunzipSync(whole.stdout).toString(), /"set":.*\n$/, 'to its end')
})

t.test('a writer whose output breaks tells whoever waits', async t => {
  let room = 1
  const write = (_chunk: unknown, _encoding: unknown, done: (error?: Error) => void) =>
    done(room-- > 0 ? undefined : new Error('full'))
  const header = { node: 'n', startTime: '2026-11-22T03:00:00Z', intervalMs: 5000, agent: '0' }
  const writer = new CaptureWriter(new Writable({ write }), header)
  const frames = async () => {
    for (let ms = 0; ms < 100; ms++) {
      writer.note(`read /${ms}`, { ok: true, value: randomBytes(50_000).toString('hex') })
      await writer.frame(ms, ms)
    }
  }
  await t.rejects(frames(), /full/)
  await t.rejects(writer.end(), /full/)
})

t.test('capture, refuse to overwrite, replay, also when cut short', async t => {
  const made = await cli('capture', '--duration', '1s', '--interval', '200ms', '--file', 'x.capture')
  t.match(made, { code: 0, stderr: /\d+ frames in x\.capture/ })
  t.match(await cli('capture', '--duration', '1s', '--file', 'x.capture'), {
    code: 3,
    stderr: /x\.capture exists; name another file/,
  })
  const whole = JSON.parse((await cli('replay', 'x.capture', '--output', 'json', '--reports', 'all')).stdout) as {
    reports: Report[]
  }
  t.ok(whole.reports.length >= 3, `${whole.reports.length} frames`)
  t.match(whole.reports.at(-1), {
    node: 'test-node',
    collectors: { diskstats: { status: 'ok' }, mounts: { status: 'ok' } },
  })
  const bytes = readFileSync(join(directory, 'x.capture'))
  writeFileSync(join(directory, 'cut.capture'), bytes.subarray(0, bytes.length - 40))
  const cut = JSON.parse((await cli('replay', 'cut.capture', '--output', 'json', '--reports', 'all')).stdout) as {
    reports: Report[]
  }
  t.ok(
    cut.reports.length > 0 && cut.reports.length >= whole.reports.length - 2,
    `${cut.reports.length} of ${whole.reports.length} frames`,
  )
  await cli('capture', '--duration', '100ms', '--interval', '100ms')
  t.ok(readdirSync(directory).some(file => /^node-agent-test-node-\d{8}T\d{6}Z\.capture$/.test(file)))
})

t.test('a capture holds no environments and no command lines', async t => {
  const root = slowDiskTree('docker', [5])
  const container = join(root, '0/var/lib/docker/containers/ab')
  mkdirSync(container, { recursive: true })
  const labels = {
    'io.kubernetes.pod.name': 'web-0',
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.container.name': 'app',
  }
  const config = { Cmd: ['--password=hunter2'], Env: ['PASSWORD=hunter2'], Labels: labels }
  writeFileSync(
    join(container, 'config.v2.json'),
    JSON.stringify({ ID: 'ab', Name: '/web', Args: ['hunter2'], Config: config }),
  )
  mkdirSync(join(root, '0/etc/docker'), { recursive: true })
  writeFileSync(
    join(root, '0/etc/docker/daemon.json'),
    '{"data-root": "/data", "http-proxy": "http://u:hunter2@proxy"}',
  )
  const procfs = join(root, '0/proc')
  const short = ['--duration', '100ms', '--interval', '100ms']
  t.match(await cli('capture', ...short, '--path.procfs', procfs, '--file', 'docker.capture'), { code: 0 })
  const text = gunzipSync(readFileSync(join(directory, 'docker.capture'))).toString()
  t.match(text, 'web-0')
  t.match(text, '/data')
  t.notMatch(text, 'hunter2')
})

t.test('rules and configuration', async t => {
  t.match((await cli('rules')).stdout, /DiskSlow +disk\.awaitMs +≥ 500 ms/)
  const rows = JSON.parse((await cli('rules', '--output', 'json', '--set', 'rules.DiskSlow.raise=1s')).stdout) as {
    id: string
    raise: number
  }[]
  t.equal(rows.find(({ id }) => id === 'DiskSlow')?.raise, 1000)
  writeFileSync(join(directory, 'good.yaml'), 'interval: 5s\n')
  writeFileSync(join(directory, 'bad.yaml'), 'interval: 5\n')
  t.match(await cli('config', 'check', 'good.yaml'), { code: 0, stdout: /good\.yaml: fine/ })
  t.match(await cli('config', 'check', 'bad.yaml'), { code: 2, stderr: /bad\.yaml:1: interval: 5 must be string/ })
  t.match((await cli('config', 'print', '--config', 'good.yaml')).stdout, /^interval: 5s {2}# good\.yaml:1$/m)
})

t.test('run in a cluster ends where it cannot begin', async t => {
  const clustered = ['--set', 'publish.enabled=true', '--set', 'publish.kubeconfig=/nonexistent']
  t.match(await cli('run', '--path.procfs', '/nonexistent', ...clustered), {
    code: 3,
    stderr: /--path\.procfs \/nonexistent: cannot be read/,
  })
  const { host } = new URL(await listen(t, (_, response) => void response.end()))
  const taken = ['--http.listen-address', host, '--set', `state.file=${join(directory, 'state.json')}`]
  t.match(await cli('run', ...taken, ...clustered), { code: 3, stderr: new RegExp(`^node-agent: .*${host}`, 'm') })
})

t.test('status without an agent says so', async t => {
  t.match(await cli('status', '--address', '127.0.0.1:1'), {
    code: 3,
    stderr: /127\.0\.0\.1:1: ECONNREFUSED; is node-agent running there\?/,
  })
  t.match(await cli('status', '--address', 'nowhere'), { code: 2, stderr: /--address nowhere: write HOST:PORT/ })
})
