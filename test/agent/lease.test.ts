import t from 'tap'
import type { LeaseFollower } from '../../agent/kubernetes/lease.ts'
import type { Lease } from '../../collectors/host.ts'
import { until } from '../host/beds/wait.ts'
import { leaseServer } from './leaseserver.ts'

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

t.test('an event that was overtaken by an answer does not undo it', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.renewUnseen()
  await until('the renewal', () => leaseOf(follower)?.renewals === 2, { everyMs: 5 })
  server.back()
  server.send('MODIFIED')
  server.forth()
  await until('the next question', () => leaseOf(follower)?.probe, { everyMs: 5 })
  t.equal(leaseOf(follower)?.renewals, 2)
})

t.test('other calls of ours are witnesses too', async t => {
  const server = await leaseServer(t)
  const follower = server.follow(1000)
  await until('the Lease', () => leaseOf(follower))
  const answering = () => leaseOf(follower)!.answeringForMs
  const sawBefore = async () => until('some time', () => answering()! > 50, { everyMs: 5 })
  const call = { verb: 'patch', resource: 'nodes/status', code: 200, durationMs: 5 } as const
  await sawBefore()
  for (const fine of [
    call,
    { ...call, code: 403 },
    { ...call, verb: 'watch', code: 0 } as const,
    { ...call, code: 409 },
  ]) {
    follower.witness(fine)
    t.ok(answering()! > 50, `${fine.verb} ${fine.code}`)
  }
  for (const bad of [{ ...call, verb: 'list', code: 0 } as const, { ...call, durationMs: 1500 }]) {
    await sawBefore()
    follower.witness(bad)
    t.ok(answering()! < 50, `${bad.verb} ${bad.code} in ${bad.durationMs} ms`)
  }
  for (const code of [0, 429, 500]) {
    follower.witness({ ...call, code })
    t.equal(answering(), null, 'until it writes again')
    follower.witness({ ...call, verb: 'get' })
    t.equal(answering(), null)
    follower.witness(call)
    t.ok(answering()! < 50)
  }
})

t.test('what is not there is absent, what may not be read is unknown', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.turn('forbidden')
  await until('a refusal', () => !follower.read().ok, { everyMs: 5 })
  t.match(follower.read(), { ok: false, fault: { code: 'Denied', detail: /leases is forbidden/ } })
  const asked = server.asked()
  await until('the next question', () => server.asked() > asked)
  t.match(server.warnings, [/leases is forbidden$/], 'said once')
  const denied = server.follow()
  await until('a refusal', () => /forbidden/.test(JSON.stringify(denied.read())))
  t.match(denied.read(), { ok: false, fault: { code: 'Denied' } })
  denied.stop()
  server.turn('none')
  await until('an answer', () => /not found/.test(JSON.stringify(follower.read())), { everyMs: 5 })
  t.match(follower.read(), { ok: false, fault: { code: 'Io' } }, 'a single answer is no proof')
  server.send('DELETED')
  await until('its end', () => /no Lease/.test(JSON.stringify(follower.read())), { everyMs: 5 })
  t.match(follower.read(), { ok: false, fault: { code: 'Absent' } })
  const missing = server.follow()
  await until('a list', () => /no Lease/.test(JSON.stringify(missing.read())))
  t.match(missing.read(), { ok: false, fault: { code: 'Absent' } })
  const before = server.asked()
  await new Promise(resolve => setTimeout(resolve, 60))
  t.equal(server.asked(), before, 'the watch will tell when there is one')
  server.turn('dead')
  const cutOff = server.follow()
  await until('an error', () => /ECONNRESET|hang up/.test(JSON.stringify(cutOff.read())))
  t.match(cutOff.read(), { ok: false, fault: { code: 'Io' } }, 'nobody knows whether there is one')
})

t.test('JSON of another shape is no Lease', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.turn('another')
  const lost = await until('an error', () => leaseOf(follower)?.apiError && leaseOf(follower), { everyMs: 5 })
  t.match(lost.apiError, { code: 0, message: 'the answer is no object named n1' })
  t.same(server.warnings, [])
})
