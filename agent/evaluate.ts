import type { Sample } from '../collectors/index.ts'
import type { Finding } from './judge.ts'
import type { ActiveRule, ActiveTrigger } from './rules/active.ts'
import type { Observation, View } from './rules/rule.ts'

/** Asks every rule what it sees. */
export function evaluate(rules: readonly ActiveRule[], sample: Sample, view: View): Finding[] {
  return rules.map(rule => {
    const answers = rule.triggers.map(trigger => ask(rule, trigger, sample, view))
    // What is clear need not be listed: to the judge that is the same, and a node has thousands of subjects that are well.
    const observations = answers.flatMap(({ trigger, observations }) =>
      observations
        .filter(({ stance, subject }) => stance !== 'clear' && rule.wants(subject))
        .map(observation => ({ trigger, observation })),
    )
    const told = new Set(answers.filter(({ outcome }) => outcome === 'judged').map(({ trigger }) => trigger.name))
    const [{ outcome, detail }] = answers.toSorted((a, b) => RANK[a.outcome] - RANK[b.outcome]) as [Answer]
    return { rule, outcome, ...(detail === undefined ? {} : { detail }), observations, told }
  })
}

interface Answer {
  readonly trigger: ActiveTrigger
  readonly outcome: Finding['outcome']
  readonly detail?: string
  readonly observations: readonly Observation[]
}

/** A rule is judged as soon as one of its triggers can tell; else lost evidence weighs more than what was never there. */
const RANK: Record<Finding['outcome'], number> = { judged: 0, unknown: 1, notYet: 2, notApplicable: 3 }

/** Evidence that is for good absent makes a trigger not applicable; without a reading nothing is known. */
function ask(rule: ActiveRule, trigger: ActiveTrigger, sample: Sample, view: View): Answer {
  const needs = trigger.definition.needs ?? rule.definition.needs
  const faults = needs.flatMap(name => {
    const { reading } = sample.readings[name]
    return reading.ok ? [] : [{ code: reading.fault.code, detail: `${name}: ${reading.fault.detail}` }]
  })
  const worst = faults.find(({ code }) => code !== 'Absent') ?? faults[0]
  if (worst)
    return {
      trigger,
      outcome: worst.code === 'Absent' ? 'notApplicable' : 'unknown',
      detail: worst.detail,
      observations: [],
    }
  const observations = trigger.definition.observe(view, trigger.levels)
  return observations === null
    ? { trigger, outcome: 'notYet', observations: [] }
    : { trigger, outcome: 'judged', observations }
}
