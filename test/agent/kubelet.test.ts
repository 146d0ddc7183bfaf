import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Api } from '../../agent/kubernetes/api.ts'
import { LeaseFollower } from '../../agent/kubernetes/lease.ts'
import { type Answers, recorder, replay } from '../../collectors/host/recording.ts'
import { liveServices } from '../../collectors/host/services.ts'
import type { HttpAnswer, Lease } from '../../collectors/host.ts'
import { textHost } from '../collectors/texthost.ts'
import { until } from '../host/beds/wait.ts'
import { everHeld, play, type Readings, samples, span } from './samples.ts'

async function listen(t: Test, handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A loopback server in place of an API server, with one Lease of 0.2 s. */
async function leaseServer(t: Test) {
  let asked = 0
  let renewed = 0
  let mode: 'well' | 'dead' | 'none' = 'well'
  const watches = new Set<ServerResponse>()
  const object = () => ({
    metadata: { name: 'n1', resourceVersion: String(renewed) },
    spec: { renewTime: `2026-11-24T15:00:0${renewed}.000000Z`, leaseDurationSeconds: 0.2 },
  })
  const url = await listen(t, (request, response) => {
    if (request.url?.includes('watch=true')) return void watches.add(response.writeHead(200))
    asked++
    if (mode === 'dead') request.socket.destroy()
    else if (mode === 'none') response.writeHead(404).end('{"message":"not found"}')
    else if (request.url?.includes('fieldSelector'))
      response.end(JSON.stringify({ metadata: { resourceVersion: String(renewed) }, items: [object()] }))
    else response.end(JSON.stringify(object()))
  })
  const api = new Api(
    async () => ({ server: new URL(url), authorize: async () => undefined }),
    () => undefined,
  )
  const follow = () => {
    const follower = new LeaseFollower(api, 'n1', () => performance.now(), 20)
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
  }
}

const leaseOf = (follower: LeaseFollower): Lease | undefined => {
  const reading = follower.read()
  return reading.ok ? reading.value : undefined
}

t.test('a Lease is followed, and asked for while it looks old', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  t.match(follower.read(), { ok: false, fault: { code: 'Absent', detail: /not read yet/ } })
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

t.test('no answer is no proof', async t => {
  const server = await leaseServer(t)
  const follower = server.follow()
  await until('the Lease', () => leaseOf(follower))
  server.turn('dead')
  const lost = await until('an error', () => leaseOf(follower)?.apiError && leaseOf(follower), { everyMs: 5 })
  t.match(lost, { probe: null, apiError: /ECONNRESET|socket hang up/ })
  server.turn('none')
  const missing = server.follow()
  await until('a refusal', () => /not found|there is none/.test(JSON.stringify(missing.read())))
  t.match(missing.read(), { ok: false, fault: { code: 'Absent' } })
})

t.test("the kubelet's own word", async t => {
  let answer: (response: ServerResponse) => void = response => response.end('ok')
  const url = await listen(t, (_, response) => answer(response))
  const services = liveServices(undefined, 200)
  t.match(await services.ask(url), { ok: true, value: { code: 200 } })
  answer = response => response.writeHead(500).end('[-]syncloop failed')
  t.match(await services.ask(url), { ok: true, value: { code: 500 } })
  answer = () => undefined
  t.match(await services.ask(url), { ok: true, value: { code: 0 } }, 'silence')
  t.match(services.lease(), { ok: false, fault: { code: 'Absent' } }, 'no cluster')

  const other = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  const gone = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  t.match(await services.ask(gone), { ok: true, value: { code: 200 } })
  await new Promise(resolve => other.close(resolve))
  t.match(await services.ask(gone), { ok: true, value: { code: 0 } }, 'it was there')
  t.match(await liveServices().ask(gone), { ok: false, fault: { code: 'Absent' } }, 'nobody ever listened')
})

t.test('both are recorded and replayed', async t => {
  const answers: Answers = new Map()
  const live = { ...textHost({}), services: liveServices(() => ({ ok: true, value: LEASE })) }
  const recorded = recorder(live, (question, answer) => void answers.set(question, answer))
  const lease = recorded.services.lease()
  const word = await recorded.services.ask('http://127.0.0.1:1/healthz')
  const again = replay(answers)
  t.strictSame(again.services.lease(), lease)
  t.strictSame(await again.services.ask('http://127.0.0.1:1/healthz'), word)
})

const LEASE: Lease = { durationSeconds: 40, ageMs: 3000, renewals: 5, probe: null, apiError: null, answeringForMs: 1e6 }
const RULES = ['KubeletHeartbeatLate', 'KubeletUnhealthy', 'NodeCutOff', 'APIServerSlow']
const well: HttpAnswer = { code: 200, roundTripMs: 1 }

const kubelet = (seconds: number, at: (second: number) => Readings) => play(samples(seconds, at), RULES)
const late = (ageMs: number, more: Partial<Lease> = {}): Lease => ({
  ...LEASE,
  ageMs,
  probe: { ageMs: 10, roundTripMs: 8 },
  ...more,
})

t.test('KubeletHeartbeatLate: a kubelet that stands still', async t => {
  const outcomes = kubelet(300, second => ({
    lease: second < 60 || second > 120 ? LEASE : late((second - 50) * 1000),
    kubelet: second < 60 || second > 120 ? well : { code: 0, roundTripMs: 10_000 },
  }))
  t.same(everHeld(outcomes), [
    'KubeletHeartbeatLate warning',
    'KubeletHeartbeatLate critical',
    'KubeletUnhealthy warning',
  ])
  t.same(span(outcomes, 'KubeletHeartbeatLate'), [80, 180], 'from 24 s on, over after a minute in time')
  const [problem] = outcomes[9]!.judgement.problems
  t.equal(
    problem!.message,
    'the kubelet has not renewed its Lease for 40 s (NotReady from 40 s on); the API server answered in 8 ms, the kubelet itself does not answer',
  )
})

t.test('NodeCutOff: where the API server does not answer nobody calls the kubelet late', async t => {
  const outcomes = kubelet(300, second => ({
    lease:
      second < 60 || second > 120
        ? LEASE
        : late((second - 50) * 1000, { probe: null, apiError: 'ECONNREFUSED: nobody', answeringForMs: null }),
    kubelet: well,
  }))
  t.same(everHeld(outcomes), ['NodeCutOff warning'])
  t.match(outcomes[9]!.judgement.problems[0]!.message, /for 40 s: ECONNREFUSED/)
})

t.test('after an outage of the API server no kubelet is late before it could have renewed', async t => {
  const outcomes = kubelet(200, second => ({
    // Away until 100; the kubelet renews at 110.
    lease: second < 110 ? late(second * 1000, { answeringForMs: second < 100 ? null : (second - 100) * 1000 }) : LEASE,
    kubelet: well,
  }))
  t.same(everHeld(outcomes), [])
})

t.test('a kubelet that is late stays so when the API server goes away too', async t => {
  const outcomes = kubelet(120, second => ({
    lease: second < 60 ? late(30_000) : late(60_000, { probe: null, apiError: 'gone', answeringForMs: null }),
    kubelet: well,
  }))
  t.same(span(outcomes, 'KubeletHeartbeatLate'), [0, 120])
})

t.test('APIServerSlow: until a Lease is renewed in time', async t => {
  const outcomes = kubelet(300, second => ({
    lease: second < 60 || second > 120 ? LEASE : late(20_000, { probe: { ageMs: 1, roundTripMs: 2500 } }),
    kubelet: well,
  }))
  t.same(everHeld(outcomes), ['APIServerSlow warning'])
  t.same(span(outcomes, 'APIServerSlow'), [60, 180])
})

t.test('KubeletUnhealthy: one failure is none', async t => {
  t.same(everHeld(kubelet(300, second => ({ kubelet: second === 60 ? { code: 500, roundTripMs: 2 } : well }))), [])
  const outcomes = kubelet(300, () => ({}))
  t.same(everHeld(outcomes), [])
  t.match(
    outcomes.at(-1)!.findings.map(({ outcome }) => outcome),
    ['notApplicable', 'notApplicable', 'notApplicable', 'notApplicable'],
    'no kubelet, no cluster',
  )
})
