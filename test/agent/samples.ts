import { advance, type KeptState, type Outcome, startPipeline } from '../../agent/pipeline.ts'
import { activeRules } from '../../agent/rules/active.ts'
import { ruleCatalogue } from '../../agent/rules/index.ts'
import type { Places } from '../../collectors/collector.ts'
import { type CollectorName, collectors, type Sample, type Stamped, type Values } from '../../collectors/index.ts'
import { type FaultCode, fault, ok } from '../../collectors/reading.ts'

/** What the collectors read, or how they failed; those not named are absent. */
export type Readings = { readonly [Name in CollectorName]?: Values[Name] | FaultCode }

export const PLACES: Places = {
  kubeletRoots: ['/var/lib/kubelet'],
  runtimeRoots: ['/var/lib/containerd'],
  dockerRoots: ['/var/lib/docker'],
  podLogRoots: ['/var/log/pods'],
}

export function sampleAt(seconds: number, readings: Readings): Sample {
  const atMs = seconds * 1000
  const stamped = collectors.map(({ name }): [CollectorName, Stamped<unknown>] => {
    const value = readings[name] ?? 'Absent'
    return [name, { atMs, reading: typeof value === 'string' ? fault(value, `${name} in a test`) : ok(value) }]
  })
  return { atMs, wallMs: Date.UTC(2026, 0, 1) + atMs, readings: Object.fromEntries(stamped) as Sample['readings'] }
}

/** The pipeline over samples, one outcome each. `ids`: judged by these rules; none: only derived. `restored`: after a restart. */
export function play(
  samples: readonly Sample[],
  ids: readonly string[] = [],
  intervalMs = 10_000,
  restored?: KeptState,
): Outcome[] {
  const rules = activeRules(
    ruleCatalogue.filter(({ id }) => ids.includes(id)),
    new Map(),
  )
  let state = startPipeline(restored)
  return samples.map(sample => {
    const outcome = advance(state, sample, { rules, places: PLACES, intervalMs, instant: false })
    state = outcome.state
    return outcome
  })
}

/** A sample every `everySeconds` from 0 to `seconds`, from what holds at that second. */
export function samples(seconds: number, at: (second: number) => Readings, everySeconds = 10): Sample[] {
  return Array.from({ length: Math.floor(seconds / everySeconds) + 1 }, (_, index) =>
    sampleAt(index * everySeconds, at(index * everySeconds)),
  )
}

/** `id severity` of every problem that was ever held, in order of appearance. */
export function everHeld(outcomes: readonly Outcome[]): string[] {
  return [...new Set(outcomes.flatMap(({ judgement }) => judgement.problems.map(p => `${p.id} ${p.severity}`)))]
}

/** Seconds at which a problem was first and last held; null if it never was. */
export function span(outcomes: readonly Outcome[], id: string): [number, number] | null {
  const held = outcomes.filter(({ judgement }) => judgement.problems.some(problem => problem.id === id))
  return held.length === 0 ? null : [held[0]!.sample.atMs / 1000, held.at(-1)!.sample.atMs / 1000]
}

export const last = <T>(values: readonly T[]): T => values.at(-1)!
