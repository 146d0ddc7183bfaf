import t from 'tap'
import { type Api, ApiError, type Call } from '../../agent/kubernetes/api.ts'
import { EventQueue } from '../../agent/publish/events.ts'
import { type NodeCondition, type NodeObject, ownedConditions } from '../../agent/publish/node.ts'
import { afterWrite, type Pace, planWrite, startPace } from '../../agent/publish/plan.ts'
import { RivalWatch } from '../../agent/publish/rival.ts'
import { type Telling, tellChanges } from '../../agent/publish/tell.ts'
import { type Moment, type Policy, wantedConditions } from '../../agent/publish/wanted.ts'
import type { Condition, Report, ReportedProblem } from '../../agent/report.ts'
import { reportAt, slowDisk } from './serving.ts'

const MINUTE = 60_000
/** Five past three; the problem began at three. */
const NOW = Date.UTC(2026, 10, 22, 3, 5)
const policy: Policy = {
  afterMs: { critical: 0, warning: 2 * MINUTE },
  warningAfterMsOf: { HighLoad: 10 * MINUTE },
  bootGraceMs: 10 * MINUTE,
  omitNotApplicable: false,
}
const traits = new Map(
  ['DiskSlow', 'HighLoad'].map(type => [type, { settlingMs: MINUTE, calm: { reason: `No${type}`, message: 'calm' } }]),
)
const moment: Moment = {
  wallMs: NOW,
  bootWallMs: NOW - 24 * 60 * MINUTE,
  uptimeMs: 24 * 60 * MINUTE,
  judgingForMs: 60 * MINUTE,
  watchedForMs: () => 0,
}

const time = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 3, minutes)).toISOString()
const whole = (minutes: number) => time(minutes).replace('.000Z', 'Z')

const judged = (status: Condition['status'], more: Partial<Condition> = {}): Condition => ({
  type: 'DiskSlow',
  status,
  reason: status === 'True' ? 'DiskLatencyHigh' : 'NoDiskSlow',
  message: `it is ${status}`,
  lastTransitionTime: time(1),
  lastHeartbeatTime: time(5),
  ...more,
})
const onNode = (status: Condition['status'], minutes: number, more: Partial<NodeCondition> = {}): NodeCondition => ({
  type: 'DiskSlow',
  status,
  reason: 'Earlier',
  message: 'as written before',
  lastTransitionTime: whole(minutes),
  lastHeartbeatTime: whole(minutes),
  ...more,
})
const node = (conditions: NodeCondition[] = [], more: Partial<NodeObject> = {}): NodeObject => ({
  metadata: { name: 'worker-3', uid: 'u' },
  status: { conditions },
  ...more,
})
const problem = (more: Partial<ReportedProblem> = {}): ReportedProblem => ({ ...slowDisk, ...more })
const report = (conditions: Condition[], problems: ReportedProblem[] = [problem()]): Report =>
  reportAt(300, { conditions, problems })
const wanted = (given: Report, there: NodeObject, at: Partial<Moment> = {}, by: Partial<Policy> = {}) =>
  wantedConditions(given, there, {
    policy: { ...policy, ...by },
    traits,
    moment: { ...moment, ...at },
    found: there.status?.conditions ?? [],
  })

t.test('what should stand on the Node', async t => {
  const [next] = wanted(report([judged('True')]), node())
  t.strictSame(
    next,
    {
      type: 'DiskSlow',
      status: 'True',
      reason: 'DiskLatencyHigh',
      message: 'it is True',
      lastTransitionTime: '2026-11-22T03:01:00Z',
      lastHeartbeatTime: '2026-11-22T03:05:00Z',
    },
    'a critical problem at once, in whole seconds',
  )
  t.strictSame(
    wanted(report([judged('Unknown', { reason: 'NotYetJudged' })]), node()),
    [],
    'nothing before it is judged',
  )
  const there = onNode('True', -60)
  t.strictSame(
    wanted(report([judged('Unknown', { reason: 'NotYetJudged' })]), node([there])),
    [there],
    'what an earlier run wrote stays until then',
  )
  t.match(wanted(report([judged('True')]), node([there])), [
    { status: 'True', reason: 'DiskLatencyHigh', lastTransitionTime: there.lastTransitionTime },
  ])
  t.match(
    wanted(report([judged('True')]), node([onNode('True', -60)]), { bootWallMs: NOW - 30 * MINUTE }),
    [{ status: 'True', lastTransitionTime: '2026-11-22T03:01:00Z' }],
    'what is of another boot begins anew',
  )
})

t.test('a True of an earlier run is not taken back before its rule could be sure', async t => {
  const there = onNode('True', -60)
  t.strictSame(wanted(report([judged('False')], []), node([there]), { judgingForMs: 30_000 }), [there])
  t.match(wanted(report([judged('False')], []), node([there]), { judgingForMs: MINUTE }), [{ status: 'False' }])
  const altered = wantedConditions(report([judged('False')], []), node([there]), {
    policy,
    traits,
    moment: { ...moment, judgingForMs: 0 },
    found: [onNode('False', -60)],
  })
  t.match(altered, [{ status: 'False' }], 'what others wrote since is')
})

t.test('a warning waits, a critical problem does not', async t => {
  const young = problem({ severity: 'warning', since: time(4) })
  const held = { status: 'False', reason: 'NoDiskSlow', message: 'calm' }
  t.match(wanted(report([judged('True')], [young]), node()), [held])
  t.match(wanted(report([judged('True')], [young]), node([onNode('False', 0)])), [
    { status: 'False', reason: 'Earlier', lastTransitionTime: whole(0), lastHeartbeatTime: whole(5) },
  ])
  t.match(wanted(report([judged('True')], [{ ...young, severity: 'critical' }]), node()), [{ status: 'True' }])
  t.match(wanted(report([judged('True')], [{ ...young, since: time(3) }]), node()), [{ status: 'True' }])
  t.match(
    wanted(report([judged('True')], [{ ...young, since: time(0) }]), node(), { uptimeMs: 9 * MINUTE }),
    [held],
    'for some time after boot no warning at all',
  )
  t.match(
    wanted(report([judged('True')], [young]), node([onNode('True', 2)])),
    [{ status: 'True' }],
    'what is published is not taken back for being young again',
  )
  const load = problem({ id: 'HighLoad', condition: 'HighLoad', severity: 'warning', since: time(0) })
  t.match(wanted(report([judged('True', { type: 'HighLoad' })], [load]), node()), [{ status: 'False' }])
  const volume = problem({ subject: { kind: 'Disk', name: 'vdc', role: 'volume' } })
  t.match(wanted(report([judged('True')], [young, volume]), node()), [held], 'the problem of a volume says nothing')
})

t.test('a node that leaves is left alone; what is not applicable may be left out', async t => {
  const taints = [{ key: 'karpenter.sh/disrupted' }]
  const there = onNode('False', 0)
  t.strictSame(wanted(report([judged('True')]), node([there], { spec: { taints } })), [there])
  t.strictSame(wanted(report([judged('True')]), node([], { spec: { taints } })), [])
  const absent = judged('False', { reason: 'NotApplicable' })
  t.match(wanted(report([absent], []), node()), [{ status: 'False', reason: 'NotApplicable' }])
  t.strictSame(wanted(report([absent], []), node(), {}, { omitNotApplicable: true }), [])
})

const owning = (...types: string[]): NodeObject['metadata'] => ({
  name: 'worker-3',
  managedFields: [
    {
      manager: 'node-agent',
      subresource: 'status',
      fieldsV1: {
        'f:status': { 'f:conditions': Object.fromEntries(types.map(type => [`k:${JSON.stringify({ type })}`, {}])) },
      },
    },
  ],
})
const fresh = () => true
const pace: Pace = { ...startPace(1_000_000), lastWriteMs: 100_000 }

t.test('what is written, and when', async t => {
  const calm = onNode('False', 0)
  const plan = (there: NodeCondition[], given: NodeCondition[]) => planWrite(given, node(there), pace, fresh)
  t.match(plan([], [calm]), { atMs: 105_000, kind: 'status', entries: [calm] }, 'missing')
  t.match(plan([onNode('True', 0)], [calm]), { atMs: 105_000, kind: 'status' }, 'changed, or altered by others')
  t.match(plan([{ ...calm, message: 'other words' }], [calm]), { atMs: 105_000, kind: 'words' })
  t.match(
    planWrite([calm], node([{ ...calm, message: 'other' }]), { ...pace, lastWordsMs: 99_000 }, fresh),
    { atMs: 159_000, kind: 'words' },
    'words once a minute',
  )
  t.match(plan([calm], [{ ...calm, lastHeartbeatTime: whole(5) }]), { atMs: 1_000_000, kind: 'heartbeat' })
  t.strictSame(planWrite([calm], node([calm]), pace, () => false).entries, [], 'no heartbeat without fresh evidence')
})

t.test('conditions that are not wanted any more are removed if they are ours', async t => {
  const others = onNode('True', 0, { type: 'Ready' })
  const old = onNode('True', 0, { type: 'OldRule' })
  const there = node([others, old], { metadata: owning('OldRule', 'GoneAlready') })
  t.strictSame([...ownedConditions(there)], ['OldRule', 'GoneAlready'])
  t.match(planWrite([], there, pace, fresh), { entries: [{ $patch: 'delete', type: 'OldRule' }], kind: 'status' })
})

t.test('changes without end get slower and slower; a quiet while makes the next one fast again', async t => {
  let at = 0
  let now = startPace(0)
  const gaps: number[] = []
  for (let write = 0; write < 8; write++) {
    now = afterWrite(now, 'status', at, at + 300_000)
    gaps.push(now.gapMs / 1000)
    at += now.gapMs
  }
  t.strictSame(gaps, [5, 10, 20, 40, 60, 60, 60, 60])
  t.equal(afterWrite(now, 'status', at + MINUTE, 0).gapMs, 5_000)
  t.equal(afterWrite(now, 'heartbeat', at, 0).gapMs, 60_000)
})

t.test('what becomes an event', async t => {
  const tellable = { has: (id: string) => id !== 'SYNDrops', isOneOff: (id: string) => id === 'OOMKilled' }
  const tell = (told: Parameters<typeof tellChanges>[0], problems: ReportedProblem[], isDue = true) =>
    tellChanges(told, problems, { wallMs: NOW, tellable, isDue: () => isDue })
  t.strictSame(tell(new Map(), [problem()], false).tellings, [], 'not before it is due')
  t.strictSame(tell(new Map(), [problem({ id: 'SYNDrops' })]).tellings, [], 'findings only if asked for')
  const first = tell(new Map(), [problem()])
  t.match(first.tellings, [
    { type: 'Warning', reason: 'DiskLatencyHigh', note: 'DiskSlow/vdb: vdb answers writes in 11.2 s. See who writes.' },
  ])
  t.equal(first.tellings[0]?.wallMs, Date.UTC(2026, 10, 22, 3), 'its own time')
  t.strictSame(tell(first.told, [problem()]).tellings, [], 'once')
  const over = tell(first.told, [])
  t.match(over.tellings, [{ type: 'Normal', reason: 'NoDiskSlow', wallMs: NOW }])
  t.equal(over.told.size, 0)
  const kill = problem({ id: 'OOMKilled/web', reason: 'OOMKilled', severity: 'info' })
  const killed = tell(new Map(), [kill], false)
  t.equal(killed.tellings.length, 1, 'what happened is told at once')
  t.equal(tell(killed.told, [{ ...kill, since: time(4) }]).tellings.length, 1, 'and when it happens again')
  t.strictSame(tell(killed.told, []).tellings, [], 'and does not end')
  const [long] = tell(new Map(), [problem({ message: 'ü'.repeat(2000) })]).tellings
  t.ok(Buffer.byteLength(long!.note) <= 1024)
  t.notMatch(long!.note, '\uFFFD')
})

t.test('events on their way: series, bounds, refusals', async t => {
  const calls: Call[] = []
  let answer: (call: Call) => void = () => undefined
  const api = {
    ask: async (call: Call) => {
      calls.push(call)
      answer(call)
    },
  } as unknown as Api
  const queue = new EventQueue()
  const regarding = { name: 'worker-3', uid: 'u' }
  const telling = (key: string, minutes = 0): Telling => ({
    key,
    type: 'Warning',
    reason: 'DiskLatencyHigh',
    note: `${key} at ${minutes}`,
    severity: 'warning',
    wallMs: NOW + minutes * MINUTE,
  })
  const send = (nowMs: number) => queue.send(api, regarding, nowMs, new AbortController().signal)

  queue.add(telling('a'), 0)
  t.equal(queue.isWaiting(0), true)
  await send(0)
  t.match(calls, [
    {
      verb: 'create',
      body: {
        eventTime: '2026-11-22T03:05:00.000000Z',
        regarding: { kind: 'Node', name: 'worker-3', uid: 'u' },
        reportingInstance: 'worker-3',
      },
    },
  ])
  t.equal(queue.isWaiting(0), false)
  queue.add(telling('a', 10), 600_000)
  await send(600_000)
  const { name } = (calls[0]!.body as { metadata: { name: string } }).metadata
  t.match(calls[1], {
    verb: 'patch',
    path: new RegExp(`/${name}$`),
    body: { series: { count: 2, lastObservedTime: '2026-11-22T03:15:00.000000Z' } },
  })
  queue.add(telling('a', 60), 3_600_000)
  await send(3_600_000)
  t.equal(calls[2]?.verb, 'create', 'after a long pause it is another series')

  answer = () => {
    throw new ApiError('etcdserver: request timed out', 500)
  }
  queue.add(telling('b'), 3_600_000)
  await t.rejects(send(3_600_000))
  t.equal(queue.isWaiting(3_600_000), true, 'it stays')
  answer = ({ body }) => {
    if (JSON.stringify(body).includes('c at')) throw new ApiError('invalid', 422)
  }
  queue.add(telling('c'), 3_600_000)
  await send(3_600_000)
  t.equal(queue.dropped, 1, 'what the server never takes is dropped')
  t.equal(queue.isWaiting(3_600_000), false, 'and the rest went out')

  answer = () => undefined
  const many = new EventQueue()
  const sent = async (nowMs: number) => {
    const before = calls.length
    await many.send(api, regarding, nowMs, new AbortController().signal)
    return calls.length - before
  }
  for (let key = 0; key < 300; key++) many.add(telling(`${key}`), 0)
  t.equal(many.dropped, 100, 'so many are kept')
  t.equal(await sent(0), 25)
  t.equal(await sent(100_000), 1, 'sixty in the first hour')
})

t.test('a second agent under our name', async t => {
  const watch = new RivalWatch()
  const at = (minute: number) => `2026-11-22T03:0${minute}:00Z`
  watch.look(at(0), 0)
  watch.wrote(at(1))
  watch.look(at(1), 0)
  watch.look(at(2), 0)
  t.equal(watch.isThere(0), false, 'an earlier run, our own write, and one more prove nothing')
  watch.look(at(3), 1)
  t.equal(watch.isThere(1), true)
  t.equal(watch.isThere(16 * MINUTE), false)

  const lost = new RivalWatch()
  lost.wrote(at(1))
  lost.wrote(null)
  for (const minute of [2, 3, 4]) lost.look(at(minute), 0)
  t.equal(lost.isThere(0), false, 'while it is unknown whether ours got through')
})
