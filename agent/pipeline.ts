import type { Places } from '../collectors/collector.ts'
import type { Sample } from '../collectors/index.ts'
import { type ConditionStates, stepConditions } from './conditions.ts'
import type { Config } from './config/config.ts'
import { type DeriveState, derive, type KeptDerived, startDeriving } from './derive/index.ts'
import { evaluate } from './evaluate.ts'
import { type Finding, type Judgement, judge } from './judge.ts'
import { type ActiveRule, activeRules } from './rules/active.ts'
import { ruleCatalogue } from './rules/index.ts'
import { Signals } from './signals.ts'
import type { Tracks } from './track.ts'

/** All that passes from cycle to cycle. */
export interface PipelineState {
  readonly prev: Sample | null
  readonly derived: DeriveState
  readonly tracks: Tracks
  readonly conditions: ConditionStates
}

/** What of it survives a restart of the agent in the same boot. */
export interface KeptState extends Pick<PipelineState, 'tracks' | 'conditions'> {
  readonly derived: KeptDerived
}

/** What does not change while the agent runs. */
export interface PipelineSettings {
  readonly rules: readonly ActiveRule[]
  readonly places: Places
  readonly intervalMs: number
  /** No history to judge by: `check`. */
  readonly instant: boolean
  /** The files do not move: `check` of a copy. */
  readonly still?: boolean
}

/** `instant`: there is no history to judge by. */
export function pipelineSettings(config: Config, intervalMs: number, instant: boolean): PipelineSettings {
  return { rules: activeRules(ruleCatalogue, config.rules, instant), places: config.places, intervalMs, instant }
}

/** What one sample came to. */
export interface Outcome {
  readonly state: PipelineState
  readonly sample: Sample
  readonly signals: Signals
  readonly findings: readonly Finding[]
  readonly judgement: Judgement
  /** Time lost before this sample; 0 if it came in time. */
  readonly gapMs: number
}

/** A cycle this many intervals late says nothing of the time in between: the VM was paused or we were stopped. */
const GAP_INTERVALS = 3

export const startPipeline = (restored?: KeptState): PipelineState => ({
  prev: null,
  derived: startDeriving(restored?.derived),
  tracks: restored?.tracks ?? new Map(),
  conditions: restored?.conditions ?? new Map(),
})

/** From one sample to what holds: derive, evaluate, judge. Pure. */
export function advance(state: PipelineState, sample: Sample, settings: PipelineSettings): Outcome {
  const elapsedMs = state.prev === null ? 0 : sample.atMs - state.prev.atMs
  const lateMs = elapsedMs - settings.intervalMs
  const gapMs = lateMs > GAP_INTERVALS * settings.intervalMs ? elapsedMs : 0
  const signals = new Signals()
  const prev = gapMs > 0 ? null : state.prev
  const { state: derived, facts } = derive(state.derived, { prev, curr: sample, places: settings.places, signals })
  const findings = evaluate(settings.rules, sample, {
    signals,
    facts,
    instant: settings.instant,
    still: settings.still ?? false,
  })
  const now = { atMs: sample.atMs, wallMs: sample.wallMs, countedMs: gapMs > 0 ? 0 : Math.max(elapsedMs, 0) }
  const judgement = judge(findings, state.tracks, now)
  const conditions = stepConditions(findings, judgement.problems, state.conditions, now)
  return {
    state: { prev: sample, derived, tracks: judgement.tracks, conditions },
    sample,
    signals,
    findings,
    judgement,
    gapMs,
  }
}
