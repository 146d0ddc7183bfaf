import fc from 'fast-check'
import t from 'tap'
import { type ConditionStates, stepConditions } from '../../agent/conditions.ts'
import { type Finding, judge, type Problem } from '../../agent/judge.ts'
import { type ActiveRule, activeRules, type TriggerOverride } from '../../agent/rules/active.ts'
import { type Rule, type Stance, type Subject, stanceOf, type Words } from '../../agent/rules/rule.ts'
import type { Tracks } from '../../agent/track.ts'

const DISK: Subject = { kind: 'Disk', name: 'vda', role: 'node' }

function ruleOf(overrides: TriggerOverride = {}, definition: Partial<Rule> = {}): ActiveRule {
  const rule: Rule = {
    id: 'DiskSlow',
    kind: 'condition',
    severity: 'warning',
    summary: 'A disk is slow.',
    subject: 'Disk',
    needs: ['diskstats'],
    triggers: [
      {
        name: 'level',
        signal: 'disk.awaitMs',
        unit: 'ms',
        direction: 'above',
        raise: 500,
        clear: 200,
        critical: 5000,
        reason: 'Slow',
        observe: () => null,
      },
    ],
    remedy: 'Look.',
    ...definition,
  }
  const override = { enabled: true, triggers: { level: overrides }, include: [], exclude: [] }
  return activeRules([rule], new Map([[rule.id, override]]))[0]!
}

function observed(
  rule: ActiveRule,
  values: Record<string, number | undefined>,
  words: Partial<Words> = {},
  role: Subject['role'] = 'node',
): Finding {
  const [trigger] = rule.triggers as [(typeof rule.triggers)[number]]
  const observations = Object.entries(values).map(([name, value]) => ({
    trigger,
    observation: {
      subject: { ...DISK, name, role },
      stance: stanceOf(value, 'above', trigger.levels),
      words: () => ({ message: `${value} ms`, evidence: {}, ...words }),
    },
  }))
  return { rule, outcome: 'judged', observations, told: new Set(rule.triggers.map(({ name }) => name)) }
}

const noWords = (): Words => ({ message: '', evidence: {} })

const unknown = (rule: ActiveRule, outcome: Finding['outcome'] = 'unknown'): Finding => ({
  rule,
  outcome,
  detail: 'diskstats: gone',
  observations: [],
  told: new Set(),
})

interface Step {
  readonly atMs: number
  readonly problems: readonly Problem[]
  readonly ended: readonly Problem[]
  readonly conditions: ConditionStates
}

/** Runs findings through judge and conditions, `everyMs` apart; a null is a gap of ten minutes. */
function play(findings: readonly (Finding | null)[], everyMs = 10_000): Step[] {
  let tracks: Tracks = new Map()
  let conditions: ConditionStates = new Map()
  let atMs = 0
  let countedMs = 0
  const steps: Step[] = []
  for (const finding of findings) {
    if (finding === null) {
      atMs += 600_000 - everyMs
      countedMs = 0
      continue
    }
    const now = { atMs, wallMs: 1_000_000 + atMs, countedMs }
    const judgement = judge([finding], tracks, now)
    tracks = judgement.tracks
    conditions = stepConditions([finding], judgement.problems, conditions, now)
    steps.push({ atMs, problems: judgement.problems, ended: judgement.ended, conditions })
    atMs += everyMs
    countedMs = everyMs
  }
  return steps
}

const times = (count: number, finding: Finding): Finding[] => Array.from({ length: count }, () => finding)
const severities = (steps: readonly Step[]) => steps.map(step => step.problems[0]?.severity ?? '-').join(' ')

t.test('a problem begins after `for`, dated from its first frame', async t => {
  const rule = ruleOf({ forMs: 30_000, holdMs: 20_000 })
  const steps = play([observed(rule, { vda: 10 }), ...times(5, observed(rule, { vda: 600 }))])
  t.equal(severities(steps), '- - - - warning warning')
  t.equal(steps[5]!.problems[0]!.sinceMs, 10_000)
  t.equal(steps[5]!.problems[0]!.id, 'DiskSlow/vda')
})

t.test('between raise and clear it neither begins nor ends', async t => {
  const rule = ruleOf({ forMs: 20_000, holdMs: 20_000 })
  const [slow, between, fine] = [
    observed(rule, { vda: 600 }),
    observed(rule, { vda: 300 }),
    observed(rule, { vda: 10 }),
  ]
  t.equal(
    severities(play([slow, slow, between, slow, slow, slow])),
    '- - - - - warning',
    'an interrupted stretch starts again',
  )
  const steps = play([slow, slow, slow, fine, between, fine, fine, fine])
  t.equal(severities(steps), '- - warning warning warning warning warning -')
  t.equal(steps.at(-1)!.ended[0]!.endMs, 50_000, 'it ended with the first frame of the stretch that satisfied hold')
})

t.test('interrupted for less than hold it is one entry', async t => {
  const rule = ruleOf({ forMs: 10_000, holdMs: 60_000 })
  const [slow, fine] = [observed(rule, { vda: 600 }), observed(rule, { vda: 10 })]
  const steps = play([slow, slow, fine, fine, slow, slow, fine])
  t.same([...new Set(steps.flatMap(step => step.problems.map(problem => problem.sinceMs)))], [0])
  t.equal(steps.flatMap(step => step.ended).length, 0)
})

t.test('critical needs its own persistence and stays for hold', async t => {
  const rule = ruleOf({ forMs: 20_000, holdMs: 20_000 })
  const [slow, worst] = [observed(rule, { vda: 600 }), observed(rule, { vda: 6000 })]
  t.equal(
    severities(play([slow, slow, slow, worst, worst, worst, slow, slow, slow])),
    '- - warning warning warning critical critical critical warning',
  )
  t.equal(severities(play(times(4, worst))), '- - critical critical')
})

t.test('lasting can be what makes it critical', async t => {
  const rule = ruleOf({ forMs: 10_000, criticalForMs: 40_000 })
  t.equal(severities(play(times(6, observed(rule, { vda: 600 })))), '- warning warning warning critical critical')
})

t.test('mere information takes as long to become more, and to become it again', async t => {
  const rule = ruleOf({ forMs: 20_000, holdMs: 30_000 })
  const harmless = observed(rule, { vda: 600 }, { atMost: 'info' })
  const harmful = observed(rule, { vda: 600 })
  const turns = play([...times(5, harmless), ...times(4, harmful), ...times(5, harmless)])
  t.equal(severities(turns), '- - info info info info info warning warning warning warning warning info info')
  const hovers = play(times(10, harmless).flatMap(finding => [finding, harmful]))
  t.equal(
    severities(hovers.slice(2)),
    times(18, harmless)
      .map(() => 'info')
      .join(' '),
  )
})

t.test('a volume is never critical and never a condition of the node; info neither', async t => {
  const rule = ruleOf({ forMs: 0 })
  const volume = play(times(2, observed(rule, { vda: 6000 }, {}, 'volume')))
  t.equal(severities(volume), 'warning warning')
  t.equal(volume[1]!.conditions.get('DiskSlow')!.status, 'False')
  const info = play(times(2, observed(rule, { vda: 6000 }, { atMost: 'info' })))
  t.equal(severities(info), 'info info')
  t.equal(info[1]!.conditions.get('DiskSlow')!.status, 'False')
})

t.test('a lost reading neither raises nor clears', async t => {
  const rule = ruleOf({ forMs: 20_000, holdMs: 20_000 })
  const slow = observed(rule, { vda: 600 })
  const steps = play([slow, slow, slow, ...times(20, unknown(rule)), slow])
  t.ok(steps.slice(2).every(step => step.problems.length === 1 && step.problems[0]!.sinceMs === 0))
  t.equal(steps[10]!.problems[0]!.unmeasuredSinceWallMs, 1_020_000)
  t.equal(severities(play([slow, ...times(20, unknown(rule))])).includes('warning'), false)
  t.equal(
    severities(play([slow, slow, slow, observed(rule, { vda: undefined })])),
    '- - warning warning',
    'there, but not to be told',
  )
})

t.test('a trigger that cannot tell leaves its problem alone while another one can', async t => {
  const level = {
    signal: 'disk.awaitMs',
    unit: 'ms',
    direction: 'above',
    raise: 500,
    clear: 200,
    forMs: 0,
    holdMs: 0,
  } as const
  const observe = () => null
  const rule = ruleOf(
    {},
    {
      triggers: [
        { ...level, name: 'a', reason: 'A', observe },
        { ...level, name: 'b', reason: 'B', observe },
      ],
    },
  )
  const finding = (told: readonly number[]): Finding => ({
    rule,
    outcome: 'judged',
    told: new Set(told.map(index => rule.triggers[index]!.name)),
    observations: told.map(index => ({
      trigger: rule.triggers[index]!,
      observation: { subject: DISK, stance: index === 0 ? 'raise' : 'clear', words: noWords },
    })),
  })
  const steps = play([finding([0, 1]), ...times(3, finding([1]))])
  t.equal(severities(steps), 'warning warning warning warning')
})

t.test('what vanished is over after hold', async t => {
  const rule = ruleOf({ forMs: 0, holdMs: 20_000 })
  const slow = observed(rule, { vda: 600 })
  t.equal(severities(play([slow, slow, ...times(4, observed(rule, {}))])), 'warning warning warning warning - -')
})

t.test('a gap counts for nothing', async t => {
  const rule = ruleOf({ forMs: 60_000, holdMs: 60_000 })
  const [slow, fine] = [observed(rule, { vda: 600 }), observed(rule, { vda: 10 })]
  t.equal(severities(play([slow, slow, null, slow, slow])), '- - - -')
  const steps = play([...times(7, slow), fine, null, fine])
  t.equal(steps.at(-1)!.problems.length, 1)
})

t.test('what was not yet a problem begins anew after a gap and after a restart', async t => {
  const rule = ruleOf({ forMs: 60_000, holdMs: 60_000 })
  const slow = observed(rule, { vda: 600 })
  for (const silence of [[], [unknown(rule, 'notYet')]]) {
    const steps = play([...times(6, slow), null, ...silence, ...times(8, slow)])
    t.equal(steps.filter(({ problems }) => problems.length > 0).length, 2, 'only once it lasted since the gap')
    t.equal(steps.at(-1)!.problems[0]!.sinceMs, 650_000 + silence.length * 10_000)
  }
  const held = play([...times(7, slow), null, ...times(2, slow)])
  t.same(
    held.slice(6).map(({ problems }) => problems[0]?.sinceMs),
    [0, 0, 0],
    'a problem that held goes on',
  )
  let tracks: Tracks = new Map()
  for (const [atMs, countedMs] of [
    [0, 0],
    [50_000, 50_000],
    [7_200_000, 0],
    [7_210_000, 10_000],
  ] as const)
    tracks = judge([slow], tracks, { atMs, wallMs: atMs, countedMs }).tracks
  t.match([...tracks.values()], [{ active: null, raised: { sinceMs: 7_200_000, countedMs: 10_000 } }])
})

t.test('between clear and raise it says what is now, while it clears what was last', async t => {
  const rule = ruleOf({ forMs: 0, holdMs: 60_000 })
  const steps = play([600, 300, 250, 10, 20, undefined].map(value => observed(rule, { vda: value })))
  t.same(
    steps.map(({ problems }) => problems[0]!.message),
    ['600 ms', '300 ms', '250 ms', '250 ms', '250 ms', '250 ms'],
  )
  let asked = 0
  const finding = observed(rule, { vda: 300 })
  const [{ trigger, observation }] = finding.observations as [(typeof finding.observations)[number]]
  const words = () => {
    asked++
    return noWords()
  }
  play(times(3, { ...finding, observations: [{ trigger, observation: { ...observation, words } }] }))
  t.equal(asked, 0, 'who is not in trouble is not asked')
})

t.test('an event is one moment and stays ten minutes', async t => {
  const rule = ruleOf({ forMs: 0 }, { kind: 'event' })
  const steps = play([observed(rule, { vda: 600 }), ...times(61, observed(rule, {}))])
  t.equal(steps[0]!.problems[0]!.endMs, 0)
  t.equal(steps[59]!.problems.length, 1)
  t.equal(steps[59]!.problems[0]!.unmeasuredSinceWallMs, null, 'a moment is not measured again')
  t.equal(steps[61]!.problems.length, 0)
  const again = play([observed(rule, { vda: 600 }), observed(rule, {}), observed(rule, { vda: 600 })])
  t.equal(again[2]!.problems[0]!.sinceMs, 20_000, 'happened again: a new entry')
})

t.test('two triggers are one problem with one beginning', async t => {
  const level = {
    signal: 'disk.awaitMs',
    unit: 'ms',
    direction: 'above',
    raise: 500,
    clear: 200,
    forMs: 0,
    holdMs: 0,
    observe: () => null,
  } as const
  const rule = ruleOf(
    {},
    {
      triggers: [
        { ...level, name: 'a', reason: 'A' },
        { ...level, name: 'b', reason: 'B' },
      ],
    },
  )
  const both = (a: Stance, b: Stance): Finding => ({
    rule,
    outcome: 'judged',
    told: new Set(['a', 'b']),
    observations: [a, b].map((stance, index) => ({
      trigger: rule.triggers[index]!,
      observation: { subject: DISK, stance, words: noWords },
    })),
  })
  const steps = play([both('raise', 'clear'), both('raise', 'raise'), both('clear', 'raise'), both('clear', 'clear')])
  t.same(
    steps.map(step => step.problems.map(problem => [problem.reason, problem.sinceMs])),
    [[['A', 0]], [['A', 0]], [['B', 0]], []],
  )
  t.same(
    steps.map(step => step.ended.length),
    [0, 0, 0, 1],
  )
})

t.test('a condition: judged once, Unknown only after lasting loss, True stays for 15 min', async t => {
  const rule = ruleOf({ forMs: 0 })
  const status = (steps: readonly Step[]) => steps.map(step => step.conditions.get('DiskSlow')!.status)
  t.equal(play([unknown(rule, 'notYet')])[0]!.conditions.get('DiskSlow')!.reason, 'NotYetJudged')
  const lost = status(play([observed(rule, { vda: 1 }), ...times(8, unknown(rule))]))
  t.same(lost, [...Array(7).fill('False'), 'Unknown', 'Unknown'])
  const held = play([observed(rule, { vda: 600 }), ...times(92, unknown(rule)), observed(rule, { vda: 600 })])
  t.equal(held[89]!.conditions.get('DiskSlow')!.status, 'True')
  t.equal(held[91]!.conditions.get('DiskSlow')!.status, 'Unknown')
  t.equal(held[93]!.conditions.get('DiskSlow')!.status, 'True')
  t.equal(
    held[93]!.conditions.get('DiskSlow')!.transitionWallMs,
    1_000_000,
    'back to the same True keeps the transition time',
  )
  const never = play([unknown(rule, 'notApplicable')])[0]!.conditions.get('DiskSlow')!
  t.same([never.status, never.reason], ['False', 'NotApplicable'])
})

t.test('a condition keeps its message while the number changes', async t => {
  const rule = ruleOf({ forMs: 0 })
  const messages = play([600, 700, 800, 6000].map(value => observed(rule, { vda: value }))).map(
    step => step.conditions.get('DiskSlow')!.message,
  )
  t.equal(new Set(messages.slice(0, 3)).size, 1)
  t.not(messages[3], messages[0], 'but says so when it gets critical')
})

t.test('no signal makes a flapping condition, whatever its frequency', async t => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          value: fc.oneof(fc.double({ min: 0, max: 10_000, noNaN: true }), fc.constant(undefined)),
          harmless: fc.boolean(),
        }),
        { minLength: 5, maxLength: 200 },
      ),
      fc.integer({ min: 500, max: 60_000 }),
      fc.integer({ min: 0, max: 120_000 }),
      fc.integer({ min: 0, max: 120_000 }),
      (values, everyMs, forMs, holdMs) => {
        const rule = ruleOf({ forMs, holdMs })
        const steps = play(
          values.map(({ value, harmless }) => observed(rule, { vda: value }, harmless ? { atMost: 'info' } : {})),
          everyMs,
        )
        let previous: { on: boolean; atMs: number } | undefined
        for (const [index, { atMs, problems, conditions }] of steps.entries()) {
          const on = problems.some(({ severity }) => severity !== 'info')
          const { value } = values[index]!
          if (on && !previous?.on && !((value ?? 0) >= 500)) throw new Error(`raised at ${value}`)
          if (on !== (conditions.get('DiskSlow')!.status === 'True')) throw new Error('condition and problem differ')
          if (previous === undefined || on !== previous.on) {
            if (previous !== undefined && atMs - previous.atMs < (on ? forMs : holdMs))
              throw new Error(`flapped after ${atMs - previous.atMs} ms`)
            previous = { on, atMs }
          }
        }
      },
    ),
    { numRuns: 300 },
  )
  t.pass('every state lasts at least `for` or `hold`')
})
