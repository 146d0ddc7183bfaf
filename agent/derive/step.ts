import type { TSchema } from 'typebox'
import type { Places } from '../../collectors/collector.ts'
import type { CollectorName, Sample, Values } from '../../collectors/index.ts'
import type { Signals } from '../signals.ts'
import type { SuperBlock } from './superblocks.ts'

/** What one step of a derivation sees. `prev` is null on the first sample and after a gap: then there are no rates. */
export interface Step {
  readonly prev: Sample | null
  readonly curr: Sample
  readonly places: Places
  /** File systems with their mounts, by `major:minor`. */
  readonly superBlocks: ReadonlyMap<string, SuperBlock>
  /** Where the values go; only finite ones are taken. */
  readonly signals: Signals
}

/**
 * One domain's way from samples to signals and facts. `step` is pure but for the signals that it emits: what it has to
 * remember (windows, trends) comes in as `state` and goes out as the next one.
 */
export interface Derivation<State, Facts> {
  readonly start: State
  /** The shape of its state, which then survives a restart of the agent in the same boot; it must be plain JSON. */
  readonly kept?: TSchema
  step(state: State, step: Step): { readonly state: State; readonly facts: Facts }
}

/** Keeps the inferred types of state and facts. */
export const derivation = <State, Facts>(definition: Derivation<State, Facts>): Derivation<State, Facts> => definition

/** What the collector read, or undefined without a reading: never zero. */
export function readingOf<Name extends CollectorName>(sample: Sample | null, name: Name): Values[Name] | undefined {
  const reading = sample?.readings[name].reading
  return reading?.ok ? (reading.value as Values[Name]) : undefined
}

/** Two readings of one collector and the time between them; null unless both are there and the later one is new. */
export interface Interval<T> {
  readonly before: T
  readonly after: T
  readonly seconds: number
}

export function intervalOf<Name extends CollectorName>(
  { prev, curr }: Step,
  name: Name,
): Interval<Values[Name]> | null {
  const before = readingOf(prev, name)
  const after = readingOf(curr, name)
  if (prev === null || before === undefined || after === undefined) return null
  const seconds = (curr.readings[name].atMs - prev.readings[name].atMs) / 1000
  return seconds > 0 ? { before, after, seconds } : null
}

/** Growth of a counter; undefined when it is missing or started again (reset, another device under the same name). */
export function growth(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined || after < before ? undefined : after - before
}

export function ratePerSecond(
  before: number | undefined,
  after: number | undefined,
  seconds: number,
): number | undefined {
  const grown = growth(before, after)
  return grown === undefined ? undefined : grown / seconds
}

export function quotient(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole
}
