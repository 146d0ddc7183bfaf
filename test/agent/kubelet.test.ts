import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type Answers, isAnswer, recorder, replay } from '../../collectors/host/recording.ts'
import { liveServices } from '../../collectors/host/services.ts'
import type { HttpAnswer, Lease } from '../../collectors/host.ts'
import { textHost } from '../collectors/texthost.ts'
import { listen } from './loopback.ts'
import { everHeld, play, type Readings, sampleAt, samples, span } from './samples.ts'

t.test("the kubelet's own word", async t => {
  let answer: (response: ServerResponse) => void = response => response.end('ok')
  const url = await listen(t, (_, response) => answer(response))
  const services = liveServices(undefined, 200)
  t.match(await services.ask(url), { ok: true, value: { code: 200 } })
  answer = response => response.writeHead(500).end('[-]syncloop failed')
  t.match(await services.ask(url), { ok: true, value: { code: 500 } })
  answer = () => undefined
  t.match(await services.ask(url), { ok: true, value: { code: 0, error: 'no answer within 0.2 s' } }, 'silence')
  t.match(services.lease(), { ok: false, fault: { code: 'Absent' } }, 'no cluster')

  const other = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  const gone = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  t.match(await services.ask(gone), { ok: true, value: { code: 200 } })
  await new Promise(resolve => other.close(resolve))
  t.match(await services.ask(gone), { ok: true, value: { code: 0, error: 'ECONNREFUSED' } }, 'it was there')
  t.match(await liveServices().ask(gone), { ok: false, fault: { code: 'Absent' } }, 'nobody ever listened')
  const nowhere = await services.ask('http://255.255.255.255:1/healthz')
  t.match(nowhere, { ok: false, fault: { code: 'Io' } }, 'we could not even ask')
})

t.test('both are recorded and replayed', async t => {
  const answers: Answers = new Map()
  const live = { ...textHost({}), services: liveServices(() => ({ ok: true, value: LEASE })) }
  const recorded = recorder(live, (question, answer) => void answers.set(question, answer))
  const lease = recorded.services.lease()
  const word = await recorded.services.ask('http://127.0.0.1:1/healthz')
  for (const [question, answer] of answers) t.ok(isAnswer(question, answer), question)
  const again = replay(answers)
  t.strictSame(again.services.lease(), lease)
  t.strictSame(await again.services.ask('http://127.0.0.1:1/healthz'), word)
  t.match(replay(new Map()).services.lease(), { ok: false, fault: { detail: 'lease: not in this capture' } })
})

t.test('what a capture of a stranger may hold and no host can say', async t => {
  const lease = (more: object) => isAnswer('lease ', { ok: true, value: { ...LEASE, ...more } })
  t.ok(lease({ probe: { ageMs: 1, roundTripMs: 2 }, apiError: { code: 0, message: 'gone' } }))
  for (const more of [
    { ageMs: '1' },
    { probe: 1 },
    { probe: undefined },
    { apiError: 'gone' },
    { answeringForMs: undefined },
  ])
    t.notOk(lease(more), JSON.stringify(more))
  t.notOk(isAnswer('ask http://127.0.0.1', { ok: true, value: { code: 0, roundTripMs: 1, error: 7 } }))
})

const LEASE: Lease = {
  durationSeconds: 40,
  ageMs: 3000,
  renewals: 5,
  probe: null,
  apiError: null,
  answeringForMs: 1e6,
}
const RULES = ['KubeletHeartbeatLate', 'KubeletUnhealthy', 'NodeCutOff', 'APIServerSlow']
const well: HttpAnswer = { code: 200, roundTripMs: 1, error: null }
const silent: HttpAnswer = { code: 0, roundTripMs: 10_000, error: 'no answer within 10 s' }

const kubelet = (seconds: number, at: (second: number) => Readings) => play(samples(seconds, at), RULES)
const late = (ageMs: number, more: Partial<Lease> = {}): Lease => ({
  ...LEASE,
  ageMs,
  probe: { ageMs: 10, roundTripMs: 8 },
  ...more,
})
const unreachable = { probe: null, apiError: { code: 0, message: 'ECONNREFUSED: nobody' }, answeringForMs: null }

t.test('KubeletHeartbeatLate: a kubelet that stands still', async t => {
  const outcomes = kubelet(300, second => ({
    lease: second < 60 || second > 120 ? LEASE : late((second - 50) * 1000),
    kubelet: second < 60 || second > 120 ? well : silent,
  }))
  t.same(everHeld(outcomes), [
    'KubeletHeartbeatLate warning',
    'KubeletHeartbeatLate critical',
    'KubeletUnhealthy warning',
  ])
  t.same(span(outcomes, 'KubeletHeartbeatLate'), [80, 180], 'from 24 s on, over after a minute in time')
  t.same(outcomes[8]!.judgement.problems[0]!.severity, 'warning', '30 s')
  const [problem] = outcomes[9]!.judgement.problems
  t.equal(problem!.severity, 'critical', '40 s')
  t.equal(
    problem!.message,
    'the kubelet has not renewed its Lease for 40 s (NotReady from 40 s on); the API server answered in 8 ms, the kubelet itself does not answer',
  )
})

t.test('KubeletHeartbeatLate: what the kubelet said before it was late is no witness', async t => {
  const message = (healthzAgeMs: number) => {
    const sample = sampleAt(100, { lease: late(30_000), kubelet: well })
    const readings = { ...sample.readings, kubelet: { ...sample.readings.kubelet, atMs: 100_000 - healthzAgeMs } }
    return play([{ ...sample, readings }], RULES)[0]!.judgement.problems[0]!.message
  }
  t.match(message(10_000), /the API server answered in 8 ms, the kubelet itself answered 200 in 1 ms$/)
  t.match(message(25_000), /the API server answered in 8 ms$/)
})

t.test('KubeletHeartbeatLate: never before the API server has confirmed it', async t => {
  for (const [why, more] of Object.entries({
    'not asked yet': { probe: null },
    'an answer from before': { probe: { ageMs: 20_000, roundTripMs: 8 } },
    'the API server was away until ten seconds ago': { answeringForMs: 10_000 },
    'the API server is slow': { probe: { ageMs: 10, roundTripMs: 1000 } },
    'the API server takes no writes': { answeringForMs: null },
  }))
    t.same(
      span(
        kubelet(60, () => ({ lease: late(60_000, more), kubelet: well })),
        'KubeletHeartbeatLate',
      ),
      null,
      why,
    )
})

t.test('an outage of the API server calls no kubelet of the cluster late', async t => {
  // Away from 50 s to 100 s; this kubelet, last heard at 40 s, comes back at 120 s.
  const outcomes = kubelet(300, second => {
    const away = second >= 50 && second < 100
    const old = late((second - 40) * 1000, away ? unreachable : { answeringForMs: (second - 100) * 1000 })
    return { lease: second >= 50 && second < 120 ? old : LEASE, kubelet: well }
  })
  t.same(everHeld(outcomes), ['NodeCutOff warning'])
  t.same(span(outcomes, 'NodeCutOff'), [70, 150], 'over a minute after the API server answers')
  t.equal(
    outcomes[8]!.judgement.problems[0]!.message,
    'nothing was heard of the API server for 40 s: ECONNREFUSED: nobody',
  )
})

t.test('a kubelet that does not come back after the outage is late', async t => {
  const outcomes = kubelet(200, second => ({
    lease: late(second * 1000, second < 100 ? unreachable : { answeringForMs: (second - 100) * 1000 }),
    kubelet: well,
  }))
  t.same(everHeld(outcomes), ['NodeCutOff warning', 'KubeletHeartbeatLate warning', 'KubeletHeartbeatLate critical'])
  t.equal(span(outcomes, 'KubeletHeartbeatLate')![0], 130)
  t.equal(span(outcomes, 'NodeCutOff')![1], 150)
})

t.test('a kubelet that is late stays so when the API server goes away too', async t => {
  const outcomes = kubelet(120, second => ({
    lease: second < 60 ? late(30_000) : late(60_000, unreachable),
    kubelet: well,
  }))
  t.same(span(outcomes, 'KubeletHeartbeatLate'), [0, 120])
})

t.test('APIServerSlow: until a Lease is renewed in time', async t => {
  const slow = { probe: { ageMs: 1, roundTripMs: 2500 }, answeringForMs: 1 }
  const outcomes = kubelet(300, second => ({
    lease: second < 60 || second > 120 ? LEASE : late((second - 40) * 1000, slow),
    kubelet: well,
  }))
  t.same(everHeld(outcomes), ['APIServerSlow warning'], 'and nobody else is late')
  t.same(span(outcomes, 'APIServerSlow'), [60, 180])
  t.equal(outcomes[6]!.judgement.problems[0]!.message, 'the API server answered in 2.5 s while the Lease was 20 s old')
})

t.test('APIServerSlow: errors of the API server are its own', async t => {
  const apiError = { code: 500, message: 'etcdserver: request timed out' }
  const outcomes = kubelet(120, () => ({
    lease: late(30_000, { probe: null, apiError, answeringForMs: null }),
    kubelet: well,
  }))
  t.same(everHeld(outcomes), ['APIServerSlow warning'], 'it is in reach, and no kubelet is late')
  t.match(outcomes[1]!.judgement.problems[0], {
    reason: 'APIServerFailing',
    message: 'the API server answered 500 while the Lease was 30 s old: etcdserver: request timed out',
  })
})

t.test('KubeletUnhealthy: three failures in a row, one is none', async t => {
  const failing: HttpAnswer = { code: 500, roundTripMs: 2, error: null }
  t.same(everHeld(kubelet(300, second => ({ kubelet: second >= 60 && second < 90 ? failing : well }))), [])
  t.same(everHeld(kubelet(300, second => ({ kubelet: second >= 60 && second < 120 ? silent : well }))), [])
  const refused: HttpAnswer = { code: 0, roundTripMs: 1, error: 'ECONNREFUSED' }
  const outcomes = kubelet(300, second => ({ kubelet: second >= 60 && second < 150 ? refused : well }))
  t.same(span(outcomes, 'KubeletUnhealthy'), [120, 200])
  t.match(outcomes[12]!.judgement.problems, [{ message: "the kubelet's /healthz did not answer (ECONNREFUSED)" }])
})

t.test('without kubelet and cluster nothing of it is applicable', async t => {
  const outcomes = kubelet(300, () => ({}))
  t.same(everHeld(outcomes), [])
  t.same(
    outcomes.at(-1)!.findings.map(({ outcome }) => outcome),
    ['notApplicable', 'notApplicable', 'notApplicable', 'notApplicable'],
  )
})
