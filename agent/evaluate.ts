import type { Sample } from '../collectors/index.ts'
import type { Finding } from './judge.ts'
import type { ActiveRule } from './rules/active.ts'
import type { View } from './rules/rule.ts'

/** Asks every rule what it sees. A rule whose evidence is for good absent does not apply; without a reading nothing is known. */
export function evaluate(rules: readonly ActiveRule[], sample: Sample, view: View): Finding[] {
  return rules.map(rule => {
    const missing = missingEvidence(rule, sample)
    if (missing) return { rule, ...missing, observations: [] }
    const seen = rule.triggers.map(trigger => ({
      trigger,
      observations: trigger.definition.observe(view, trigger.levels),
    }))
    const told = seen.filter(({ observations }) => observations !== null)
    const observations = told.flatMap(({ trigger, observations }) =>
      observations!.filter(({ subject }) => rule.wants(subject)).map(observation => ({ trigger, observation })),
    )
    return { rule, outcome: told.length > 0 ? 'judged' : 'notYet', observations }
  })
}

function missingEvidence(rule: ActiveRule, sample: Sample): Pick<Finding, 'outcome' | 'detail'> | null {
  const faults = rule.definition.needs.flatMap(name => {
    const { reading } = sample.readings[name]
    return reading.ok ? [] : [{ code: reading.fault.code, detail: `${name}: ${reading.fault.detail}` }]
  })
  const failed = faults.find(({ code }) => code !== 'Absent')
  if (failed) return { outcome: 'unknown', detail: failed.detail }
  return faults[0] ? { outcome: 'notApplicable', detail: faults[0].detail } : null
}
