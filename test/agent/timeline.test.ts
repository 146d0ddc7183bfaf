import t from 'tap'
import type { Problem } from '../../agent/judge.ts'
import { activeRules } from '../../agent/rules/active.ts'
import { ruleCatalogue } from '../../agent/rules/index.ts'
import { theNode } from '../../agent/rules/rule.ts'
import { Timeline } from '../../agent/timeline.ts'

const problem = (sinceMs: number, more: Partial<Problem> = {}): Problem => ({
  id: 'HighLoad',
  rule: activeRules(ruleCatalogue, new Map()).find(({ id }) => id === 'HighLoad')!,
  reason: 'RunQueueLong',
  severity: 'warning',
  subject: theNode,
  sinceMs,
  sinceWallMs: 1_000_000 + sinceMs,
  endMs: null,
  message: '',
  evidence: {},
  culprits: [],
  badness: 0,
  unmeasuredSinceWallMs: null,
  ...more,
})

interface Cycle {
  readonly problems?: readonly Problem[]
  readonly ended?: readonly Problem[]
}

function timelineOf(...cycles: readonly Cycle[]) {
  const timeline = new Timeline(0)
  for (const { problems = [], ended = [] } of cycles) timeline.add({ tracks: new Map(), problems, ended })
  return timeline
    .entries()
    .map(({ startMs, endMs, since, reason }) => [startMs, endMs, Date.parse(since) - 1_000_000, reason])
}

t.test('an entry each time, with its worst moment', async t => {
  t.same(
    timelineOf(
      { problems: [problem(10)] },
      { problems: [problem(10, { severity: 'critical', reason: 'Worse' })] },
      { problems: [problem(10)] },
      { ended: [problem(10, { endMs: 40 })] },
      { problems: [problem(90)] },
    ),
    [
      [10, 40, 10, 'Worse'],
      [90, null, 90, 'RunQueueLong'],
    ],
  )
})

t.test('a second trigger that was raised earlier, but for longer: one entry, which begins with it', async t => {
  t.same(
    timelineOf(
      { problems: [problem(120)] },
      { problems: [problem(80)] },
      { ended: [problem(80, { endMs: 300 }), problem(80, { endMs: 200 })] },
    ),
    [[80, 300, 80, 'RunQueueLong']],
  )
})

t.test('an event that happens again is two', async t => {
  const event = (atMs: number) => problem(atMs, { endMs: atMs })
  t.same(
    timelineOf({ problems: [event(10)] }, { problems: [event(10)] }, { problems: [event(30)] }, { ended: [event(30)] }),
    [
      [10, 10, 10, 'RunQueueLong'],
      [30, 30, 30, 'RunQueueLong'],
    ],
  )
})
