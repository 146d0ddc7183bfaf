import type { RuleOverride, TriggerOverride } from '../rules/active.ts'
import { ruleCatalogue } from '../rules/index.ts'
import type { Rule, Trigger } from '../rules/rule.ts'
import { ConfigError, type Leaf } from './layers.ts'
import type { RuleInput } from './rule-schema.ts'
import { parseDuration, parseThreshold } from './units.ts'

type Leaves = ReadonlyMap<string, Leaf>

/** What the configuration says of the rules, in the units of their triggers; throws ConfigError. */
export function ruleOverrides(inputs: Readonly<Record<string, RuleInput>>, leaves: Leaves): Map<string, RuleOverride> {
  return new Map(
    ruleCatalogue.flatMap(rule => {
      const input = inputs[rule.id]
      if (input === undefined) return []
      const triggers = Object.fromEntries(
        rule.triggers.map(trigger => [trigger.name, triggerOverride(rule, trigger, input, leaves)]),
      )
      const { enabled = true, include = [], exclude = [] } = input
      return [[rule.id, { enabled, triggers, include, exclude }] as const]
    }),
  )
}

type Level = 'raise' | 'clear' | 'critical'
type Given = { readonly [L in Level]?: number | undefined }

/** What is said for the trigger by name wins over what is said for the rule. */
function triggerOverride(rule: Rule, trigger: Trigger, input: RuleInput, leaves: Leaves): TriggerOverride {
  const said = { ...input, ...input.triggers?.[trigger.name] }
  const leafOf = (key: Level) =>
    leaves.get(`rules.${rule.id}.triggers.${trigger.name}.${key}`) ?? leaves.get(`rules.${rule.id}.${key}`)
  const refuse = (key: Level, why: string): never => {
    const leaf = leafOf(key)
    throw new ConfigError(`${leaf?.origin}: ${leaf?.path.join('.')}: ${why}`)
  }
  // Where lasting is what makes it critical, `critical` is a time.
  const lasts = trigger.criticalForMs !== undefined
  const level = (key: Level): number | undefined => {
    try {
      const unit = key === 'critical' && lasts ? 'ms' : trigger.unit
      return said[key] === undefined ? undefined : parseThreshold(said[key], unit)
    } catch (error) {
      return refuse(key, (error as Error).message)
    }
  }
  const raise = level('raise')
  const clear = level('clear')
  const critical = level('critical')
  requireOrder(trigger, { raise, clear, critical: lasts ? undefined : critical }, refuse)
  return {
    ...(raise === undefined ? {} : { raise }),
    ...(clear === undefined ? {} : { clear }),
    ...(critical === undefined ? {} : lasts ? { criticalForMs: critical } : { critical }),
    ...(said.for === undefined ? {} : { forMs: parseDuration(said.for)! }),
    ...(said.hold === undefined ? {} : { holdMs: parseDuration(said.hold)! }),
  }
}

/** From clear over raise to critical it gets worse. */
function requireOrder(
  { direction, raise: defaultRaise, critical: defaultCritical }: Trigger,
  { raise, clear, critical }: Given,
  refuse: (key: Level, why: string) => never,
): void {
  const effective = raise ?? defaultRaise
  const isWorse = (level: number, than: number) => (direction === 'above' ? level > than : level < than)
  const [better, worse] = direction === 'above' ? ['below', 'above'] : ['above', 'below']
  const wrongSide = (level: number, right: string) =>
    `${level} lies on the wrong side of raise (${effective}); it must be at or ${right} it`
  if (clear !== undefined && isWorse(clear, effective)) refuse('clear', wrongSide(clear, better!))
  if (critical !== undefined && isWorse(effective, critical)) refuse('critical', wrongSide(critical, worse!))
  // Else it would be critical from its first moment, which nobody asked for.
  if (critical === undefined && defaultCritical !== undefined && isWorse(effective, defaultCritical))
    refuse('raise', `${raise} lies past the level from which it is critical (${defaultCritical}); set \`critical\` too`)
}
