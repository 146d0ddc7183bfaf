import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Api, ApiError } from '../../agent/kubernetes/api.ts'
import { follow, isOlder, pauseMs } from '../../agent/kubernetes/follow.ts'
import type { KubernetesObject } from '../../agent/kubernetes/watch.ts'
import { event, json, listOf, nodeOf, startServer } from './apiserver.ts'

t.test('an object is followed over lost watches, versions that are gone, and its end', async t => {
  let step = 0
  const asked: string[] = []
  const { api } = await startServer(t, (request, response) => {
    const url = new URL(request.url!, 'http://x')
    const version = url.searchParams.get('resourceVersion')
    asked.push(version === null ? 'list' : `watch ${version}`)
    switch (++step) {
      case 1:
        return json(response, listOf('1', nodeOf('1')))
      case 2: // watch: one event, then it lasts until the version is gone
        response.write(event('MODIFIED', nodeOf('2')))
        return setTimeout(() => response.end(event('ERROR', { kind: 'Status', code: 410, message: 'too old' })), 20)
      case 3: // list again
        return json(response, { message: 'etcdserver: request timed out' }, 500)
      case 4: // again: it is not there
        return json(response, listOf('8'))
      case 5: // and comes back
        response.write(event('ADDED', nodeOf('9')))
        return
      default:
        return
    }
  })
  const seen: (string | null)[] = []
  const troubles: (number | null)[] = []
  const stop = new AbortController()
  const done = follow<KubernetesObject>(
    api,
    { resource: 'nodes', collection: '/api/v1/nodes', name: 'n1' },
    {
      onObject(object) {
        seen.push(object?.metadata.resourceVersion ?? null)
        if (seen.length === 4) stop.abort()
      },
      onTrouble: error => void troubles.push(error?.code ?? null),
    },
    stop.signal,
    { firstMs: 10, lastMs: 20 },
  )
  await Promise.race([done, sleep(5000, undefined, { ref: false })])
  t.strictSame(seen, ['1', '2', null, '9'])
  t.strictSame(asked, ['list', 'watch 1', 'list', 'list', 'watch 8'])
  t.ok(troubles.includes(410) && troubles.includes(500) && troubles.at(-1) === null)
})

/** Follows n1 until `isEnough`; gives what was said: versions with `fresh`, codes of troubles, null for their end. */
async function followed(
  api: Api,
  isEnough: (said: readonly unknown[]) => boolean,
  retry = { firstMs: 1, lastMs: 10_000 },
) {
  const said: unknown[] = []
  const stop = new AbortController()
  const say = (what: unknown) => {
    said.push(what)
    if (isEnough(said)) stop.abort()
  }
  const listener = {
    onObject: (object: KubernetesObject | null, fresh: boolean) =>
      say(`${object?.metadata.resourceVersion ?? 'none'}${fresh ? ' fresh' : ''}`),
    onTrouble: (error: ApiError | null) => say(error === null ? null : `${error.code} ${error.message}`),
  }
  const done = follow<KubernetesObject>(
    api,
    { resource: 'nodes', collection: '/api/v1/nodes', name: 'n1' },
    listener,
    stop.signal,
    retry,
  )
  await Promise.race([done, sleep(5000, undefined, { ref: false })])
  return said
}

t.test('a watch that never works stays a trouble, though lists go well', async t => {
  let watches = 0
  const { api } = await startServer(t, (request, response) => {
    if (!request.url!.includes('watch=true')) return json(response, listOf('1', nodeOf('1')))
    watches++
    if (watches === 1) return json(response, { message: 'cannot watch' }, 403)
    if (watches === 2) return response.writeHead(200).end() // a proxy that cuts it at once
    if (watches === 3) return response.end(event('ADDED', nodeOf('2'))) // and one that does so after an event
    response.writeHead(200)
    return setTimeout(() => response.write(event('MODIFIED', nodeOf('3'))), 150)
  })
  const said = await followed(api, said => said.at(-1) === '3', { firstMs: 100, lastMs: 10_000 })
  t.strictSame(said, [
    null,
    '1 fresh',
    '403 cannot watch',
    '1 fresh',
    '0 the watch ended early',
    '1 fresh',
    '2',
    '0 the watch ended early',
    '1 fresh',
    null,
    '3',
  ])
})

t.test('a watch that is silent for long works too', async t => {
  const { api } = await startServer(t, (request, response) => {
    if (!request.url!.includes('watch=true')) json(response, listOf('1', nodeOf('1')))
    else response.writeHead(200).write(' ')
  })
  const said = await followed(api, said => said.length === 5, { firstMs: 1, lastMs: 20 })
  t.strictSame(said, [null, '1 fresh', '0 the watch fell silent', null, '1 fresh'])
})

t.test('JSON of another shape is no answer', async t => {
  const lists = [{}, null, 7, { metadata: {}, items: [] }, { metadata: { resourceVersion: '1' } }, listOf('1', null)]
  lists.push(listOf('1', { metadata: { name: 'other' } }))
  const events = ['{}', '7', 'null', '{"type":"ADDED"}', '{"type":"ERROR"}', '{"type":"BOOKMARK","object":{}}']
  events.push('{"type":"MODIFIED","object":{"metadata":{"name":"other"}}}')
  const troubles = async (lists: readonly unknown[], events: readonly string[]) => {
    let [listed, watched] = [0, 0]
    const { api } = await startServer(t, (request, response) => {
      if (request.url!.includes('watch=true')) response.end(`${events[watched++]}\n`)
      else json(response, listed < lists.length ? lists[listed++] : listOf('1'))
    })
    const isTrouble = (what: unknown) => typeof what === 'string' && what.startsWith('0 ')
    const isEnough = (said: readonly unknown[]) => said.filter(isTrouble).length === lists.length + events.length
    return followed(api, isEnough)
  }
  const said = await troubles(lists, [])
  t.equal(said.length, lists.length)
  t.ok(said.every(what => /^0 the answer is no (list of nodes|object named n1)$/.test(String(what))))
  const [first, ...rest] = (await troubles([], events)).filter(what => what !== 'none fresh')
  t.equal(first, null)
  t.equal(rest.length, events.length)
  t.ok(rest.every(what => /^0 the (answer is no (event of a watch|object named n1)|watch failed)$/.test(String(what))))
})

t.test('how long to pause', t => {
  const retry = { firstMs: 1_000, lastMs: 60_000 }
  const range = (asked: number | null, failures: number) => {
    const all = Array.from({ length: 300 }, () => pauseMs(new ApiError('busy', 429, asked), failures, retry))
    return [Math.min(...all), Math.max(...all)] as const
  }
  const within = (asked: number | null, failures: number, [least, most]: readonly [number, number]) => {
    const [min, max] = range(asked, failures)
    t.ok(min >= least && max <= most && max > min, `${asked} ${failures}: ${min} to ${max}`)
  }
  within(null, 1, [100, 1_000])
  within(null, 100, [6_000, 60_000])
  within(0, 1, [100, 1_000])
  within(1_000, 100, [6_000, 60_000])
  within(7_000, 1, [7_000, 8_400])
  within(1e12, 1, [300_000, 360_000])
  t.end()
})

t.test('which of two states is older', t => {
  const state = (resourceVersion?: string, uid = 'u') =>
    ({ metadata: { name: 'n1', uid, resourceVersion } }) as KubernetesObject
  t.ok(isOlder(state('9'), state('10')))
  t.notOk(isOlder(state('10'), state('9')))
  t.notOk(isOlder(state('10'), state('10')))
  t.notOk(isOlder(state('9', 'another'), state('10')), 'it was made anew')
  t.notOk(isOlder(state('9'), state('x')))
  t.notOk(isOlder(state(), state('10')))
  t.end()
})
