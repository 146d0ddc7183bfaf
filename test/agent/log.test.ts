import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const PROGRAM = `
import { createLog } from ${JSON.stringify(join(import.meta.dirname, '../../agent/log.ts'))}
import { writeSync } from 'node:fs'
const { log, sink } = createLog('info')
const started = Date.now()
for (let i = 0; i < 20000; i++) log.info({ i }, 'x'.repeat(100))
setTimeout(() => { writeSync(2, JSON.stringify({ dropped: sink.dropped, rss: process.memoryUsage.rss() })); process.exit(0) }, 300)
`

/** What the program says on stderr when its stdout is what `stdio` makes of it. */
function run(stdout: 'pipe' | number): Promise<{ dropped: number; output: string }> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', PROGRAM], {
    stdio: ['ignore', stdout, 'pipe'],
  })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr!.on('data', chunk => (said += String(chunk)))
    child.on('exit', code =>
      code === 0 ? resolve({ ...(JSON.parse(said) as { dropped: number }), output: '' }) : reject(new Error(said)),
    )
  })
}

t.test('a reader that never reads costs log lines, not the loop', async t => {
  const { dropped } = await run('pipe') // nobody reads child.stdout
  t.ok(dropped > 10_000, `${dropped} lines dropped`)
})

t.test('a full disk costs log lines', async t => {
  const { dropped } = await run(openSync('/dev/full', 'w'))
  t.ok(dropped >= 0)
})

t.test('a file gets the lines in order', async t => {
  const path = join(mkdtempSync(join(tmpdir(), 'node-agent-log-')), 'log')
  const { dropped } = await run(openSync(path, 'w'))
  const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { i: number; level: number; time: string })
  t.equal(lines.length + dropped, 20_000)
  t.ok(lines.every((line, index) => index === 0 || line.i > lines[index - 1]!.i))
  t.match(lines[0]!.time, /^\d{4}-\d\d-\d\dT/)
})

t.test('a closed stdout is survived', async t => {
  const { stderr } = await promisify(execFile)('/bin/sh', [
    '-c',
    `exec "$0" --input-type=module-typescript -e "$1" >&-`,
    process.execPath,
    PROGRAM,
  ])
  t.match(stderr, /"dropped":/)
})
