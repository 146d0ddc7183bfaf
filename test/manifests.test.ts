import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig } from '../agent/config/load.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const { version } = JSON.parse(read('package.json')) as { version: string }

t.test('image and manifests have the version of the package', async t => {
  const [daemonSet] = parseAllDocuments(read('manifests/base/daemonset.yaml')).map(document => document.toJS())
  t.equal(daemonSet.spec.template.spec.containers[0].image, `node-agent:${version}`)
  t.match(read('Dockerfile'), `ARG VERSION=${version}\n`)
})

t.test('the image has the Node.js that is tested', async t => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> }
  t.match(read('Dockerfile'), `ARG NODE_IMAGE=node:${packages['node_modules/node']?.version}-`)
})

t.test('the shipped configuration is one', async t => {
  t.type(parse(read('manifests/base/config.yaml')), 'object')
  t.doesNotThrow(() =>
    loadConfig({
      file: join(import.meta.dirname, '../manifests/base/config.yaml'),
      environment: {},
      flags: [],
      set: [],
    }),
  )
})
