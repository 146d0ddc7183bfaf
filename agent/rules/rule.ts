import type { CollectorName } from '../../collectors/index.ts'
import type { Facts } from '../derive/index.ts'
import type { SignalName, Signals, SubjectKind, Unit } from '../signals.ts'

export type Severity = 'info' | 'warning' | 'critical'

const RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 }
export const worse = (a: Severity, b: Severity): boolean => RANK[a] > RANK[b]

/** `node` speaks for the node; `volume` for one pod's storage: never critical, never a node condition. */
export type Role = 'node' | 'volume'

export interface Subject {
  readonly kind: SubjectKind
  /** The kernel's name, a mount point, a container id … Unique within its rule. */
  readonly name: string
  /** The name that people use, e.g. `vg0-orders` for dm-0. */
  readonly displayName?: string
  readonly role: Role
}

export interface Culprit {
  readonly kind: 'Container' | 'Process' | 'Pod' | 'Unit' | 'Device' | 'Interface'
  readonly namespace?: string
  readonly pod?: string
  readonly container?: string
  readonly containerId?: string
  readonly name?: string
  readonly share?: number
  readonly evidence?: Readonly<Record<string, number>>
}

/**
 * Where a subject stands at one moment. `between` is neither at the raise level nor past the clear level;
 * `unmeasured` means that the subject is there but nobody could tell.
 */
export type Stance = 'critical' | 'raise' | 'between' | 'clear' | 'unmeasured'

/** Where a subject stands. */
export interface Observation {
  readonly subject: Subject
  readonly stance: Stance
  /** Why it can never be measured (its counters are switched off, say); goes with `unmeasured`. */
  readonly blind?: string
  /** Asked for only where the stance is bad, or between while a problem holds: a node has hundreds of subjects that are well. */
  words(): Words
}

/** What is said of a subject that is not well. */
export interface Words {
  /** Instead of the trigger's own reason. */
  readonly reason?: string
  /** Lowers the severity: what holds, but is no trouble for anybody (yet). Takes `for` and `hold` to change. */
  readonly atMost?: 'info'
  /** One sentence: what, how bad, of what. Without a final stop and without the remedy. */
  readonly message: string
  readonly evidence: Readonly<Record<string, number | string | boolean>>
  readonly culprits?: readonly Culprit[]
  /** Needs no persistence: the kernel itself has given up on it. */
  readonly atOnce?: true
  /** Grows with how bad it is (the signal's value, say): tells the worst moment of a problem. */
  readonly badness?: number
}

export const isBad = (stance: Stance): boolean => stance === 'raise' || stance === 'critical'

/** Thresholds in the unit of the trigger, after configuration. */
export interface Levels {
  readonly raise: number
  readonly clear: number
  readonly critical: number | null
}

/** What a trigger may look at: one cycle's values and facts. */
export interface View {
  readonly signals: Signals
  readonly facts: Facts
  /** True for `check`: no history, so forecasts say nothing. */
  readonly instant: boolean
  /** True where the files themselves stand still (`check` of a copy): what did not move proves nothing. */
  readonly still: boolean
}

/** One way in which a rule can come true. Most rules have just one, named `level`. */
export interface Trigger {
  readonly name: string
  /** The signal that `raise` and `clear` are compared with. */
  readonly signal: SignalName
  readonly unit: Unit
  /** Which side of `raise` is bad. */
  readonly direction: 'above' | 'below'
  readonly raise: number
  /** Half of `raise` where not given. */
  readonly clear?: number
  readonly critical?: number
  readonly reason: string
  /** Persistence before it counts; 1 min where not given. */
  readonly forMs?: number
  /** A problem that lasts this long is critical, where duration is what makes it so. */
  readonly criticalForMs?: number
  /** How long it must be clear before it is over; 1 min where not given. */
  readonly holdMs?: number
  /** `for` applies to `check` too: a moment without it proves nothing. */
  readonly alwaysPersistent?: true
  /** Collectors without which this trigger cannot be judged, where they are not those of the rule. */
  readonly needs?: readonly CollectorName[]
  /** What else must hold, in words, for the docs: `and io PSI some > 10 %`. */
  readonly also?: string
  /** Everything it knows of its subjects now; null while it cannot tell (first sample, no rates yet). */
  observe(view: View, levels: Levels): readonly Observation[] | null
}

/** A row of the catalogue: code, docs and tests come from it. */
export interface Rule {
  readonly id: string
  /** A condition stands on the Node object; findings and one-off events do not. */
  readonly kind: 'condition' | 'finding' | 'event'
  /** Severity where the critical level is not reached. */
  readonly severity: 'info' | 'warning'
  /** What an operator reads in the docs. */
  readonly summary: string
  readonly subject: SubjectKind
  /** Collectors without which it cannot be judged: absent = NotApplicable, failed = Unknown. */
  readonly needs: readonly CollectorName[]
  /** Collectors that it asks too: without them it is judged on less, and the verdict of a calm node is Unknown. */
  readonly uses?: readonly CollectorName[]
  readonly triggers: readonly Trigger[]
  /** Of a condition: how long a warning has lasted when the Node object says so, where that is not the default of all. */
  readonly publishAfter?: string
  readonly remedy: string
}

/** Compares a value with the levels; `guard` is what else must hold to raise (not to stay raised). */
export function stanceOf(
  value: number | undefined,
  direction: Trigger['direction'],
  levels: Levels,
  guard = true,
): Stance {
  if (value === undefined) return 'unmeasured'
  const past = (level: number): boolean => (direction === 'above' ? value >= level : value <= level)
  if (past(levels.raise)) {
    if (!guard) return 'between'
    return levels.critical !== null && past(levels.critical) ? 'critical' : 'raise'
  }
  const clear = direction === 'above' ? value < levels.clear || value === 0 : value > levels.clear
  return clear ? 'clear' : 'between'
}

export const theNode: Subject = { kind: 'Node', name: 'node', role: 'node' }

/** Evidence without what could not be measured. */
export function evidence(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined))
}

/** All collectors that a rule looks at. */
export function evidenceOf({ needs, uses = [], triggers }: Rule): readonly CollectorName[] {
  return [...needs, ...uses, ...triggers.flatMap(trigger => trigger.needs ?? [])]
}
