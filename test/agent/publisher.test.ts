import t, { type Test } from 'tap'
import { type Api, ApiError, type Call } from '../../agent/kubernetes/api.ts'
import type { NodeCondition, NodeObject } from '../../agent/publish/node.ts'
import { Publisher, type PublisherSettings } from '../../agent/publish/publisher.ts'
import type { Report } from '../../agent/report.ts'
import { until } from '../host/beds/wait.ts'
import { reportAt, silent } from './serving.ts'

const SETTINGS: PublisherSettings = {
  nodeName: 'worker-3',
  intervalMs: 10_000,
  policy: { afterMs: { critical: 0, warning: 0 }, warningAfterMsOf: {}, bootGraceMs: 0, omitNotApplicable: false },
  traits: new Map([['DiskSlow', { settlingMs: 0, calm: { reason: 'NoDiskSlow', message: 'calm' } }]]),
  tellable: { has: () => false, isOneOff: () => false },
  spreadMs: 0,
}

/** An API server of one Node, by hand: what a real one does not do on demand. `now` may be set ahead. */
function bed(t: Test, answer: (call: Call, node: NodeObject) => unknown = (_, node) => node) {
  let node: NodeObject = { metadata: { name: 'worker-3', uid: 'u1', resourceVersion: '1' }, status: { conditions: [] } }
  let version = 1
  let nowMs = 1e9
  const early: unknown[] = []
  let tell: (event: unknown) => void = event => void early.push(event)
  const patches: Call[] = []
  const apply = (conditions: readonly NodeCondition[]) => {
    const merged = new Map([...(node.status?.conditions ?? []), ...conditions].map(each => [each.type, each]))
    const managedFields = [{ manager: 'node-agent', subresource: 'status', time: new Date(nowMs).toISOString() }]
    const metadata = { ...node.metadata, resourceVersion: String(++version), managedFields }
    node = { metadata, status: { conditions: [...merged.values()] } }
  }
  const api = {
    async ask(call: Call) {
      if (call.verb === 'list') return { object: { metadata: { resourceVersion: String(version) }, items: [node] } }
      patches.push(call)
      apply((call.body as { status: { conditions: NodeCondition[] } }).status.conditions)
      return { object: await answer(call, node) }
    },
    watch: (_: Call, onEvent: typeof tell, signal: AbortSignal) =>
      new Promise((_, reject) => {
        tell = onEvent
        for (const event of early.splice(0)) tell(event)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  } as unknown as Api
  const publisher = new Publisher(api, SETTINGS, silent, () => nowMs)
  t.teardown(() => publisher.stop())
  publisher.start()
  const see = (status: 'True' | 'False') => publisher.see(judged(status))
  return {
    publisher,
    patches,
    see,
    /** Time goes by, and a report comes. */
    later(ms: number, status: 'True' | 'False') {
      nowMs += ms
      see(status)
    },
    /** What others write, as the watch tells it. */
    write(conditions: readonly NodeCondition[]) {
      apply(conditions)
      tell({ type: 'MODIFIED', object: node })
    },
    tell: (type: string) => tell({ type, object: node }),
    shown: () => node.status?.conditions?.find(({ type }) => type === 'DiskSlow')?.status,
    node: () => node,
  }
}

function judged(status: 'True' | 'False'): Report {
  const report = reportAt(300)
  const [condition] = report.conditions
  return {
    ...report,
    conditions: [{ ...condition!, status, reason: status === 'True' ? condition!.reason : 'NoDiskSlow' }],
  }
}

t.test('what is judged stands on the Node', async t => {
  const { see, later, shown, publisher, patches } = bed(t)
  see('True')
  await until('the first write', () => shown() === 'True')
  await until('its answer', () => publisher.status.lastWriteTime)
  t.match(publisher.status, { enabled: true, detail: 'published' })
  later(6_000, 'False')
  await until('the second write', () => shown() === 'False')
  t.equal(patches.length, 2)
})

t.test('an answer that is no Node is a failure like any other', async t => {
  let garbage = true
  const { see, later, publisher } = bed(t, (_, node) => (garbage ? {} : node))
  see('True')
  await until('the trouble', () => /the answer is not the Node/.test(publisher.status.detail))
  garbage = false
  later(120_000, 'False')
  await until('the end of the trouble', () => publisher.status.detail === 'published')
  t.ok(publisher.status.lastWriteTime)
})

t.test('a write whose answer was lost is no second agent', async t => {
  let lost = false
  const { see, later, shown, tell, publisher } = bed(t, (_, node) => {
    if (lost) throw new ApiError('no answer within 10 s', 0)
    return node
  })
  see('False')
  await until('the first write', () => publisher.status.lastWriteTime)
  lost = true
  later(6_000, 'True')
  await until('the lost answer', () => /no answer/.test(publisher.status.detail))
  tell('MODIFIED')
  lost = false
  later(120_000, 'False')
  await until('the next change, in time', () => shown() === 'False')
  t.notMatch(publisher.status.detail, /another agent/)
})

t.test('what the watch told while a write was under way is not forgotten', async t => {
  let meanwhile: () => void = () => undefined
  const { see, later, shown, write, tell, patches, publisher } = bed(t, (_, node) => {
    meanwhile()
    return node
  })
  const foreign = { type: 'DiskSlow', status: 'Unknown', reason: 'Others', lastTransitionTime: '2026-11-22T03:00:00Z' }
  meanwhile = () => write([foreign as NodeCondition])
  see('True')
  await until('the first write', () => publisher.status.lastWriteTime)
  meanwhile = () => undefined
  t.equal(shown(), 'Unknown')
  later(6_000, 'True')
  await until('the repair', () => shown() === 'True')

  meanwhile = () => tell('DELETED')
  later(400_000, 'False')
  await until('the write to a Node that ends', () => patches.length === 3)
  meanwhile = () => undefined
  later(400_000, 'False')
  t.match(publisher.status.detail, /is gone/)
  t.equal(patches.length, 3, 'nothing is written to what is gone')
})
