import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { signalCatalogue } from '../agent/derive/catalogue.ts'
import { ruleCatalogue } from '../agent/rules/index.ts'
import { pages } from '../docs/generate.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

t.test('generated pages are current (else: npm run docs)', async t => {
  for (const [path, text] of Object.entries(pages())) t.equal(existsSync(join(root, path)) && read(path), text, path)
})

t.test('every rule has a runbook and every runbook a rule', async t => {
  const runbooks = readdirSync(join(root, 'docs/runbooks')).map(file => file.replace(/\.md$/, ''))
  t.same(runbooks.sort(), ruleCatalogue.map(rule => rule.id).sort())
  for (const id of runbooks) t.match(read(`docs/runbooks/${id}.md`), new RegExp(`^# ${id}\n`), id)
})

t.test('the catalogue is sound', async t => {
  const ids = ruleCatalogue.map(rule => rule.id)
  t.equal(new Set(ids).size, ids.length, 'ids are unique')
  for (const rule of ruleCatalogue) {
    t.match(rule.id, /^[A-Z][A-Za-z]+$/)
    t.match(rule.summary, /^[A-Z].*\.$/, rule.id)
    t.equal(new Set(rule.triggers.map(({ name }) => name)).size, rule.triggers.length, rule.id)
    for (const trigger of rule.triggers) {
      t.equal(trigger.unit, signalCatalogue[trigger.signal].unit, `${rule.id} has the unit of its signal`)
      t.match(trigger.reason, /^[A-Z][A-Za-z]+$/)
    }
  }
})

t.test('every dependency has its reason', async t => {
  const reasons = read('docs/dependencies.md')
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    t.ok(reasons.includes(`| \`${name}\` |`), name)
})

t.test('links between the pages lead somewhere', async t => {
  const files = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.md'))
      .map(file => `docs/${file}`),
  ]
  for (const file of files) {
    for (const [, target] of read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
      t.ok(existsSync(join(root, file, '..', target!)), `${file}: ${target}`)
  }
})
