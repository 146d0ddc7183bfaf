import { type ExecFileException, execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import type { Report } from '../../agent/report.ts'
import type { TimelineEntry } from '../../agent/timeline.ts'

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

t.test('status without an agent says so', async t => {
  t.match(await cli('status', '--address', '127.0.0.1:1'), {
    code: 3,
    stderr: /127\.0\.0\.1:1: ECONNREFUSED; is node-agent running there\?/,
  })
  t.match(await cli('status', '--address', 'nowhere'), { code: 2, stderr: /--address nowhere: write HOST:PORT/ })
})
