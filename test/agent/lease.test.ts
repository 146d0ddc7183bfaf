import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { Api } from '../../agent/kubernetes/api.ts'
import { LeaseFollower } from '../../agent/kubernetes/lease.ts'
import type { Lease } from '../../collectors/host.ts'
import { until } from '../host/beds/wait.ts'
import { listen } from './loopback.ts'

/** A loopback server in place of an API server, with one Lease of 0.2 s. */
async function leaseServer(t: Test) {
  let asked = 0
  let renewed = 0
  let mode: 'well' | 'dead' | 'none' | 'forbidden' | 'unwell' | 'held' = 'well'
  let held: (() => void) | null = null
  const watches = new Set<ServerResponse>()
  const object = () => ({
    metadata: { name: 'n1', resourceVersion: String(renewed) },
    spec: { renewTime: `2026-11-24T15:00:0${renewed}.000000Z`, leaseDurationSeconds: 0.2 },
  })
  const url = await listen(t, (request, response) => {
    if (request.url?.includes('watch=true')) return void watches.add(response.writeHead(200))
    asked++
    if (mode === 'dead') request.socket.destroy()
    else if (mode === 'none' && request.url?.includes('fieldSelector'))
      response.end(JSON.stringify({ metadata: { resourceVersion: '9' }, items: [] }))
    else if (mode === 'none') response.writeHead(404).end('{"message":"not found"}')
    else if (mode === 'forbidden') response.writeHead(403).end('{"message":"leases is forbidden"}')
    else if (mode === 'unwell') response.writeHead(500).end('{"message":"etcdserver: request timed out"}')
    else if (request.url?.includes('fieldSelector'))
      response.end(JSON.stringify({ metadata: { resourceVersion: String(renewed) }, items: [object()] }))
    else if (mode === 'held') {
      const before = JSON.stringify(object())
      held = () => response.end(before)
    } else response.end(JSON.stringify(object()))
  })
  const api = new Api(
    async () => ({ server: new URL(url), authorize: async () => undefined }),
    () => undefined,
  )
  /** `slept`: ms that the machine stood still. */
  const follow = (slowMs = 10_000, slept = () => 0) => {
    const follower = new LeaseFollower(api, 'n1', () => performance.now() + slept(), { probeMs: 20, slowMs })
    t.teardown(() => follower.stop())
    return follower
  }
  return {
    follow,
    asked: () => asked,
    turn: (to: typeof mode) => (mode = to),
    renew() {
      renewed++
      for (const watch of watches) watch.write(`${JSON.stringify({ type: 'MODIFIED', object: object() })}\n`)
    },
    renewUnseen: () => renewed++,
    held: () => held,
  }
}

const leaseOf = (follower: LeaseFollower): Lease | undefined => {
  const reading = follower.read()
  return reading.ok ? reading.value : undefined
}

t.test('a Lease is followed, and asked for while it looks old', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  t.match(follower.read(), { ok: false, fault: { code: 'Timeout', detail: /not read yet/ } })
  const first = await until('the Lease', () => leaseOf(follower))
  t.match(first, { durationSeconds: 0.2, renewals: 1, probe: null, apiError: null })
  t.equal(server.asked(), 1)
  const late = await until('an answer', () => leaseOf(follower)?.probe && leaseOf(follower), { everyMs: 5 })
  t.ok(late.ageMs >= 90, 'by our own clock')
  t.equal(late.renewals, 1)
  server.renew()
  await until('the renewal', () => leaseOf(follower)?.renewals === 2, { everyMs: 5 })
  t.match(leaseOf(follower), { probe: null, apiError: null })
})

t.test('a watch that lags makes nobody late', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.renewUnseen()
  await until('the renewal', () => leaseOf(follower)?.renewals === 2, { everyMs: 5 })
  t.ok(leaseOf(follower)!.ageMs < 90)
})

t.test('no answer is no proof, and what was before it does not count', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.turn('dead')
  const lost = await until('an error', () => leaseOf(follower)?.apiError && leaseOf(follower), { everyMs: 5 })
  t.match(lost, { probe: null, apiError: { code: 0, message: /ECONNRESET|socket hang up/ }, answeringForMs: null })
  server.turn('unwell')
  await until('a 500', () => leaseOf(follower)?.apiError?.code === 500, { everyMs: 5 })
  t.match(leaseOf(follower)?.apiError, { message: 'etcdserver: request timed out' })
  server.turn('well')
  const again = await until('an answer', () => leaseOf(follower)?.probe && leaseOf(follower), { everyMs: 5 })
  t.equal(again.apiError, null)
  t.ok(again.answeringForMs! <= again.ageMs - 90, 'only since the last failure')
})

t.test('a slow answer and a standstill of our own count against nobody', async t => {
  const server = await leaseServer(t)
  const slow = server.follow(0)
  const late = await until('an answer', () => leaseOf(slow)?.probe && leaseOf(slow), { everyMs: 5 })
  t.ok(late.answeringForMs! <= late.ageMs - 90, 'slower than 0 ms')

  let sleptMs = 0
  const follower = server.follow(10_000, () => sleptMs)
  await until('the Lease', () => leaseOf(follower))
  sleptMs = 60_000
  const woken = await until('an answer from after it', () => {
    const lease = leaseOf(follower)
    return lease?.probe && lease.probe.ageMs < 10_000 && lease
  })
  t.ok(woken.ageMs > 60_000)
  t.ok(woken.answeringForMs! <= woken.ageMs - 60_000)
})

t.test('an answer from before the renewal does not undo it', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.turn('held')
  const answer = await until('the question', () => server.held(), { everyMs: 5 })
  server.turn('well')
  server.renew()
  await until('the renewal', () => leaseOf(follower)?.renewals === 2, { everyMs: 5 })
  answer()
  await until('the next question', () => leaseOf(follower)?.probe, { everyMs: 5 })
  t.equal(leaseOf(follower)?.renewals, 2)
})

t.test('what is not there is absent, what may not be read is unknown', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.turn('forbidden')
  await until('a refusal', () => !follower.read().ok, { everyMs: 5 })
  t.match(follower.read(), { ok: false, fault: { code: 'Denied', detail: /leases is forbidden/ } })
  const denied = server.follow()
  await until('a refusal', () => /forbidden/.test(JSON.stringify(denied.read())))
  t.match(denied.read(), { ok: false, fault: { code: 'Denied' } })
  server.turn('none')
  await until('its end', () => /no Lease/.test(JSON.stringify(follower.read())), { everyMs: 5 })
  t.match(follower.read(), { ok: false, fault: { code: 'Absent' } })
  denied.stop()
  const asked = server.asked()
  await new Promise(resolve => setTimeout(resolve, 60))
  t.equal(server.asked(), asked, 'the watch will tell when there is one')
  const missing = server.follow()
  await until('a refusal', () => /not found|no Lease/.test(JSON.stringify(missing.read())))
  t.match(missing.read(), { ok: false, fault: { code: 'Absent' } })
  server.turn('dead')
  const cutOff = server.follow()
  await until('an error', () => /ECONNRESET|hang up/.test(JSON.stringify(cutOff.read())))
  t.match(cutOff.read(), { ok: false, fault: { code: 'Io' } }, 'nobody knows whether there is one')
})
