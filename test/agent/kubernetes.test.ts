import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { ApiError, Call } from '../../agent/kubernetes/api.ts'
import { connect } from '../../agent/kubernetes/kubeconfig.ts'
import type { KubernetesObject } from '../../agent/kubernetes/watch.ts'
import { event, json, nodeOf, startServer } from './apiserver.ts'

const getNode: Call = { verb: 'get', resource: 'nodes', path: '/api/v1/nodes/n1' }
const watchNode: Call = { verb: 'watch', resource: 'nodes', path: '/api/v1/nodes', query: { watch: 'true' } }

t.test('a call', async t => {
  const seen: unknown[] = []
  const { api, observed } = await startServer(t, async (request, response) => {
    const body = (await request.toArray()).join('')
    const { method, url, headers } = request
    seen.push({ method, url, type: headers['content-type'], agent: headers['user-agent'], body })
    json(response, { metadata: { name: 'n1' } }, 200, { date: 'Tue, 24 Nov 2026 15:00:00 GMT' })
  })
  const answer = await api.ask<KubernetesObject>({
    ...getNode,
    verb: 'patch',
    query: { fieldManager: 'node-agent' },
    body: { status: {} },
    contentType: 'application/strategic-merge-patch+json',
  })
  t.match(answer, { object: { metadata: { name: 'n1' } }, serverWallMs: Date.UTC(2026, 10, 24, 15) })
  t.match(seen, [
    {
      method: 'PATCH',
      url: '/prefix/api/v1/nodes/n1?fieldManager=node-agent',
      type: 'application/strategic-merge-patch+json',
      agent: /^node-agent\//,
      body: '{"status":{}}',
    },
  ])
  t.match(observed, [{ verb: 'patch', resource: 'nodes', code: 200 }])
})

t.test('what the server refuses is told in its own words', async t => {
  const status = { kind: 'Status', message: 'nodes "n1" is forbidden: cannot patch resource "nodes/status"', code: 403 }
  const { api, connections } = await startServer(t, (request, response) => {
    if (request.url?.endsWith('/busy')) json(response, { message: 'slow down' }, 429, { 'retry-after': '7' })
    else if (request.url?.endsWith('/expired')) json(response, { message: 'Unauthorized' }, 401)
    else if (request.url?.endsWith('/proxy')) response.writeHead(502).end('<html>')
    else json(response, status, 403)
  })
  const failure = (path: string) => api.ask({ ...getNode, path }).catch((error: ApiError) => error)
  t.match(await failure('/x'), { code: 403, message: status.message, retryAfterMs: null })
  t.match(await failure('/busy'), { code: 429, retryAfterMs: 7000 })
  t.match(await failure('/proxy'), { code: 502, message: 'Bad Gateway' })
  t.equal(connections(), 1)
  t.match(await failure('/expired'), { code: 401 })
  await failure('/x')
  t.equal(connections(), 2, 'credentials are read anew after a 401')
})

t.test('how long the server asks us to wait', async t => {
  const date = 'Tue, 24 Nov 2026 15:00:00 GMT'
  const { api } = await startServer(t, (request, response) => {
    const after = new URL(request.url!, 'http://x').searchParams.get('after')!
    json(response, {}, 429, { date, 'retry-after': after })
  })
  const asked = async (after: string) => {
    const failure = await api.ask({ ...getNode, query: { after } }).catch((error: ApiError) => error)
    return (failure as ApiError).retryAfterMs
  }
  t.equal(await asked('0'), 0)
  t.equal(await asked('7'), 7000)
  t.equal(await asked('Tue, 24 Nov 2026 15:00:09 GMT'), 9000, "by the server's clock")
  t.equal(await asked('Tue, 24 Nov 2026 14:00:00 GMT'), 0, 'over')
  for (const odd of ['', ' ', '-7', 'soon', 'Infinity']) t.equal(await asked(odd), null, `'${odd}'`)
})

t.test('what is no answer', async t => {
  const { api, observed, connections, close } = await startServer(t, (request, response) => {
    if (request.url?.endsWith('/hangs')) return
    if (request.url?.endsWith('/resets')) request.socket.destroy()
    else if (request.url?.endsWith('/garbage')) response.end('{"metadata":')
    else if (request.url?.endsWith('/huge')) response.end(Buffer.alloc(5 * 1024 * 1024, 32))
    else {
      response.writeHead(200, { 'content-length': '100' }).write('{}')
      setTimeout(() => request.socket.destroy(), 20)
    }
  })
  const failure = (path: string) => api.ask({ ...getNode, path }).catch((error: ApiError) => error)
  t.match(await failure('/hangs'), { code: 0, message: /^no answer within 0.3 s/ })
  t.match(await failure('/resets'), { code: 0, message: /^ECONNRESET/ })
  t.match(await failure('/garbage'), { code: 0, message: /not JSON/ })
  t.match(await failure('/huge'), { code: 0, message: /larger than/ })
  t.match(await failure('/truncated'), { code: 0 })
  t.equal(connections(), 5, 'the CA and the address are read anew after each')
  close()
  t.match(await failure('/'), { code: 0, message: /^ECONNREFUSED/ })
  t.strictSame([...new Set(observed.map(({ code }) => code))], [0])
})

t.test('a watch', async t => {
  const { api } = await startServer(t, (_, response) => {
    const text = event('MODIFIED', nodeOf('2')) + event('BOOKMARK', nodeOf('3'))
    response.write(text.slice(0, 30))
    setTimeout(() => response.write(text.slice(30)), 20)
  })
  const types: string[] = []
  const watching = api.watch(
    watchNode,
    seen => types.push((seen as { type: string }).type),
    new AbortController().signal,
  )
  t.match(await watching.catch((error: ApiError) => error), { code: 0, message: 'the watch fell silent' })
  t.strictSame(types, ['MODIFIED', 'BOOKMARK'])
})

t.test('a kubeconfig that cannot be used says so and quotes nothing of it', t => {
  const directory = mkdtempSync(join(tmpdir(), 'node-agent-kubeconfig-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'kubeconfig')
  t.throws(() => connect(file), { message: `${file}: cannot be read (ENOENT)` })
  for (const text of [
    'users:\n- user: {token: hunter2}\n  name: "a\n- x: [',
    'hunter2: [',
    'users: [{user: hunter2}]',
    '',
  ]) {
    writeFileSync(file, text)
    t.throws(() => connect(file), { message: `${file}: not a kubeconfig` }, text)
  }
  writeFileSync(file, 'hunter2')
  t.throws(() => connect(file), { message: `${file} names no cluster` })
  t.end()
})
