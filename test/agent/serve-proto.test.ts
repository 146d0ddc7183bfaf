import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { generate } from '../../proto/generate.ts'

const PROTO = join(import.meta.dirname, '../../proto')
const cache =
  process.env.NODE_AGENT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-agent')
const buf = (...args: string[]) =>
  spawnSync('buf', args, {
    cwd: PROTO,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(cache, 'bin')}:${process.env.PATH}` },
  })
const skip = buf('--version').status === 0 || process.env.CI === 'true' ? false : 'no buf: .ci/tools builds it'

const filesBelow = (directory: string): string[] =>
  (readdirSync(directory, { recursive: true }) as string[])
    .filter(name => statSync(join(directory, name)).isFile())
    .sort()

t.test('the description passes buf lint', { skip }, async t => {
  const { status, stdout } = buf('lint')
  t.equal(status, 0, stdout)
})

t.test('proto/generated is current (else: npm run proto)', { skip }, async t => {
  const fresh = mkdtempSync(join(tmpdir(), 'node-agent-proto-'))
  generate(fresh)
  const committed = join(PROTO, 'generated')
  t.same(filesBelow(committed), filesBelow(fresh))
  for (const name of filesBelow(fresh))
    t.equal(readFileSync(join(committed, name), 'utf8'), readFileSync(join(fresh, name), 'utf8'), name)
})
