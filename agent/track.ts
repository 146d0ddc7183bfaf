import type { ActiveRule, ActiveTrigger } from './rules/active.ts'
import { isBad, type Observation, type Severity, type Words } from './rules/rule.ts'

export interface Now {
  /** Monotonic since boot. */
  readonly atMs: number
  readonly wallMs: number
  /** Time since the cycle before that counts towards `for` and `hold`: 0 on the first cycle and over a gap. */
  readonly countedMs: number
}

/** An unbroken run of frames in one stance: where it began and how much of it counts. */
interface Stretch {
  readonly sinceMs: number
  readonly sinceWallMs: number
  readonly countedMs: number
}

/** Where a subject stands, and what was last said of it: while it was bad, or between while the problem held. */
type Told = Pick<Observation, 'subject' | 'stance'> & Words

/** The memory of one trigger and subject. Plain data: it goes to the state file as it is. */
export interface Track {
  readonly rule: string
  readonly trigger: string
  readonly observation: Told
  /** The last time anybody could tell. */
  readonly measuredAtMs: number
  readonly raised: Stretch | null
  readonly critical: Stretch | null
  readonly notCritical: Stretch | null
  readonly clear: Stretch | null
  /** Raised, and of what severity (`atMost`). */
  readonly bounded: Stretch | null
  readonly unbounded: Stretch | null
  readonly active: Active | null
}

interface Active {
  readonly sinceMs: number
  readonly sinceWallMs: number
  readonly severity: Severity
  /** Mere information, because that is what it was at most for long enough. */
  readonly bounded: boolean
}

export type Tracks = ReadonlyMap<string, Track>

/** The next state of one trigger and subject, from where it stands now. */
export function step(
  rule: ActiveRule,
  trigger: ActiveTrigger,
  observation: Observation,
  before: Track | undefined,
  now: Now,
): Track {
  const { subject, stance } = observation
  const bad = isBad(stance)
  if (stance === 'unmeasured' && before) return before
  if (rule.kind === 'event' && bad) before = undefined // happened again: a new entry
  // Not yet over, and no longer as it was: what is said has to be true of now. Once it is clear the last words stand.
  const eased = stance === 'between' && before?.active
  const told = bad || eased || !before ? { subject, stance, ...observation.words() } : { ...before.observation, stance }
  const raised = extend(bad, before?.raised, now)
  const critical = extend(stance === 'critical', before?.critical, now)
  const notCritical = extend(stance !== 'critical', before?.notCritical, now)
  const clear = extend(stance === 'clear' || stance === 'unmeasured', before?.clear, now)
  const bounded = extend(bad && told.atMost !== undefined, before?.bounded, now)
  const unbounded = extend(bad && told.atMost === undefined, before?.unbounded, now)
  const track = {
    rule: rule.id,
    trigger: trigger.name,
    observation: told,
    measuredAtMs: now.atMs,
    raised,
    critical,
    notCritical,
    clear,
    bounded,
    unbounded,
  }
  return { ...track, active: activity(rule, trigger, { ...track, active: before?.active ?? null }) }
}

function extend(holds: boolean, stretch: Stretch | null | undefined, now: Now): Stretch | null {
  if (!holds) return null
  return stretch
    ? { ...stretch, countedMs: stretch.countedMs + now.countedMs }
    : { sinceMs: now.atMs, sinceWallMs: now.wallMs, countedMs: 0 }
}

function activity(rule: ActiveRule, trigger: ActiveTrigger, track: Track): Active | null {
  const { active, raised, clear } = track
  const forMs = track.observation.atOnce ? 0 : trigger.forMs
  if (active) {
    if (clear && clear.countedMs >= trigger.holdMs) return null
  } else if (!raised || raised.countedMs < forMs) return null
  const bounded = isBounded(track, forMs, trigger.holdMs)
  return {
    sinceMs: (active ?? raised!).sinceMs,
    sinceWallMs: (active ?? raised!).sinceWallMs,
    severity: bounded ? 'info' : severityOf(rule, trigger, track, active?.severity ?? rule.severity),
    bounded,
  }
}

/** Full severity only once it was due for `for`, and mere information again only after `hold`: else a condition would flap with it. */
function isBounded({ active, bounded, unbounded }: Track, forMs: number, holdMs: number): boolean {
  if (active && !active.bounded) return bounded !== null && bounded.countedMs >= holdMs
  return unbounded === null || unbounded.countedMs < forMs
}

/** Up when critical for `for`, or raised for `criticalFor`; down again after `hold`. */
function severityOf(rule: ActiveRule, trigger: ActiveTrigger, track: Track, current: Severity): Severity {
  const { critical, notCritical, raised, observation } = track
  const lasted = trigger.criticalForMs !== null && (raised?.countedMs ?? 0) >= trigger.criticalForMs
  const reached =
    lasted ||
    (critical !== null &&
      (observation.atOnce || critical.countedMs >= Math.min(trigger.forMs, trigger.criticalForMs ?? trigger.forMs)))
  const stays = current === 'critical' && (notCritical?.countedMs ?? 0) < trigger.holdMs
  const wanted = reached || (stays && !lasted) ? 'critical' : rule.severity
  return observation.subject.role === 'volume' && wanted === 'critical' ? 'warning' : wanted
}
