import { type ReportedProblem, ruleOf, timeOfDay } from '../report.ts'
import { type Severity, worse } from '../rules/rule.ts'

/** One thing to tell as an event, before it is known whom it regards. */
export interface Telling {
  /** Tellings of one key are one series. */
  readonly key: string
  readonly type: 'Warning' | 'Normal'
  readonly reason: string
  readonly note: string
  readonly severity: Severity
  /** When it was so, not when it is sent. */
  readonly wallMs: number
}

/** What was told and is not over: the beginning of each problem, by its id. Plain data. */
export type Told = ReadonlyMap<string, { readonly since: string; readonly key: string; readonly severity: Severity }>

/** Of which rules there is something to tell, and how. */
export interface Tellable {
  /** Conditions, one-off events, and what the configuration asks for. */
  has(ruleId: string): boolean
  /** Told at once, and not over: it happened. */
  isOneOff(ruleId: string): boolean
}

/**
 * What there is to tell of the change from what was told to what holds: a problem that begins is a Warning, one that ends
 * is Normal; one that becomes critical is told again. A one-off does not end, but may happen again. Pure.
 */
export function tellChanges(
  told: Told,
  problems: readonly ReportedProblem[],
  { wallMs, tellable, isDue }: { wallMs: number; tellable: Tellable; isDue(problem: ReportedProblem): boolean },
): { told: Told; tellings: Telling[] } {
  const next = new Map(told)
  const tellings: Telling[] = []
  for (const problem of problems) {
    const rule = ruleOf(problem.id)
    const before = told.get(problem.id)
    const news =
      before === undefined ||
      worse(problem.severity, before.severity) ||
      (tellable.isOneOff(rule) && before.since !== problem.since)
    if (!news || !tellable.has(rule) || !(tellable.isOneOff(rule) || isDue(problem))) continue
    const key = keyOf(problem)
    next.set(problem.id, { since: problem.since, key, severity: problem.severity })
    tellings.push(beginning(problem, key))
  }
  const holding = new Set(problems.map(({ id }) => id))
  for (const [id, { key, since, severity }] of told) {
    if (holding.has(id)) continue
    next.delete(id)
    if (!tellable.isOneOff(ruleOf(id))) tellings.push(end(id, key, since, severity, wallMs))
  }
  return { told: next, tellings }
}

/** Reason and what it is about. */
const keyOf = ({ reason, subject }: ReportedProblem): string => `${reason} ${subject.kind} ${subject.name}`

const beginning = ({ id, reason, message, remedy, since, severity }: ReportedProblem, key: string): Telling => ({
  key,
  type: 'Warning',
  reason,
  severity,
  note: bounded(`${id}: ${message}. ${remedy}`),
  wallMs: Date.parse(since),
})

const end = (id: string, key: string, since: string, severity: Severity, wallMs: number): Telling => ({
  key: `no ${key}`,
  type: 'Normal',
  reason: `No${ruleOf(id)}`,
  severity,
  note: bounded(`${id}: over; it held since ${timeOfDay(Date.parse(since))}`),
  wallMs,
})

/** As much as events.k8s.io/v1 takes. */
const MAX_NOTE_BYTES = 1024

function bounded(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= MAX_NOTE_BYTES) return text
  return `${bytes.toString('utf8', 0, MAX_NOTE_BYTES - 6).replace(/\uFFFD$/, '')}…`
}
