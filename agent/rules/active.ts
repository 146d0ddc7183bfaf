import { matchesGlob } from 'node:path'
import type { Levels, Rule, Trigger } from './rule.ts'

/** A trigger with its thresholds and times as configured. */
export interface ActiveTrigger {
  readonly name: string
  readonly reason: string
  readonly definition: Trigger
  readonly levels: Levels
  readonly forMs: number
  readonly criticalForMs: number | null
  readonly holdMs: number
}

/** A rule that is enabled, as configured. */
export interface ActiveRule {
  readonly id: string
  readonly kind: Rule['kind']
  readonly severity: Rule['severity']
  readonly definition: Rule
  readonly triggers: readonly ActiveTrigger[]
  /** Whether the configuration wants this subject judged. */
  wants(subject: string): boolean
}

/** What the configuration may say of one trigger, already in the trigger's unit. */
export interface TriggerOverride {
  readonly raise?: number
  readonly clear?: number
  readonly critical?: number
  readonly forMs?: number
  readonly criticalForMs?: number
  readonly holdMs?: number
}

export interface RuleOverride {
  readonly enabled: boolean
  readonly triggers: Readonly<Record<string, TriggerOverride>>
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

const DEFAULT_FOR_MS = 60_000
const DEFAULT_HOLD_MS = 60_000

/** The enabled rules with their thresholds. `instant`: for `check`, which has no time to wait. */
export function activeRules(
  catalogue: readonly Rule[],
  overrides: ReadonlyMap<string, RuleOverride>,
  instant = false,
): ActiveRule[] {
  return catalogue
    .filter(rule => overrides.get(rule.id)?.enabled ?? true)
    .map(rule => {
      const override = overrides.get(rule.id)
      return {
        id: rule.id,
        kind: rule.kind,
        severity: rule.severity,
        definition: rule,
        triggers: rule.triggers.map(trigger => activeTrigger(trigger, override?.triggers[trigger.name] ?? {}, instant)),
        wants: subject => chosen(subject, override?.include ?? [], override?.exclude ?? []),
      }
    })
}

function activeTrigger(trigger: Trigger, override: TriggerOverride, instant: boolean): ActiveTrigger {
  const raise = override.raise ?? trigger.raise
  const waits = !instant || trigger.alwaysPersistent === true
  return {
    name: trigger.name,
    reason: trigger.reason,
    definition: trigger,
    levels: {
      raise,
      clear: override.clear ?? defaultClear(trigger, raise),
      critical: override.critical ?? trigger.critical ?? null,
    },
    forMs: waits ? (override.forMs ?? trigger.forMs ?? DEFAULT_FOR_MS) : 0,
    criticalForMs: override.criticalForMs ?? trigger.criticalForMs ?? null,
    holdMs: override.holdMs ?? trigger.holdMs ?? DEFAULT_HOLD_MS,
  }
}

/** The catalogue's clear level as long as it lies on the good side of `raise`; else half of `raise` (or double, where low is bad). */
function defaultClear({ clear, direction }: Trigger, raise: number): number {
  const above = direction === 'above'
  const fits = clear !== undefined && (above ? clear <= raise : clear >= raise)
  return fits ? clear : above ? raise / 2 : raise * 2
}

function chosen(subject: string, include: readonly string[], exclude: readonly string[]): boolean {
  const matches = (globs: readonly string[]) => globs.some(glob => matchesGlob(subject, glob))
  return (include.length === 0 || matches(include)) && !matches(exclude)
}
