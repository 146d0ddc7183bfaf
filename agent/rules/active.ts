import type { Levels, Rule, Subject, Trigger } from './rule.ts'

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

type Named = Pick<Subject, 'name' | 'displayName'>

/** A rule that is enabled, as configured. */
export interface ActiveRule {
  readonly id: string
  readonly kind: Rule['kind']
  readonly severity: Rule['severity']
  readonly definition: Rule
  readonly triggers: readonly ActiveTrigger[]
  /** Whether the configuration wants this subject judged. */
  wants(subject: Named): boolean
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
export const DEFAULT_HOLD_MS = 60_000

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

/** Globs speak of any name that a subject has. */
function chosen(subject: Named, include: readonly string[], exclude: readonly string[]): boolean {
  const match = (globs: readonly string[]) => globs.some(glob => namesOf(subject).some(name => matchesGlob(name, glob)))
  return (include.length === 0 || match(include)) && !match(exclude)
}

/** `dm-0` and `vg0-orders`; `/scratch` for its inodes too, which are `/scratch#inodes`. */
function namesOf({ name, displayName }: Named): string[] {
  return [name, name.replace(/#inodes$/, ''), ...(displayName === undefined ? [] : [displayName])]
}

/**
 * `*` is any characters, `?` is one; `/`, a leading dot and brackets are characters like any other, for names are no paths.
 * Not a RegExp: a name that the machine chose must not cost more than its length.
 */
function matchesGlob(name: string, glob: string): boolean {
  let at = 0
  let inGlob = 0
  let star = -1
  let afterStar = 0
  while (at < name.length) {
    if (glob[inGlob] === '*') {
      star = inGlob++
      afterStar = at
    } else if (glob[inGlob] === '?' || glob[inGlob] === name[at]) {
      inGlob++
      at++
    } else if (star >= 0) {
      // The last star takes one character more.
      inGlob = star + 1
      at = ++afterStar
    } else return false
  }
  return /^\**$/.test(glob.slice(inGlob))
}
