import type { ClockSync } from '../../collectors/clock.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, readingOf } from './step.ts'

export const clockSignals = {
  'clock.stepMs': {
    unit: 'ms',
    subject: 'Node',
    worse: 'neither',
    help: 'By how much the wall clock was set since the sample before, in full seconds; negative: back (btime)',
  },
  'clock.maxErrorMs': {
    unit: 'ms',
    subject: 'Node',
    worse: 'up',
    help: 'Bound of the error of the wall clock, reckoned as the kernel does: 16 s until it is first synchronised, then 500 ppm of the time since the last synchronisation that the time daemon left a trace of, 16 s at most',
  },
} as const satisfies Record<string, SignalDefinition>

/** NTP_PHASE_LIMIT and MAXFREQ of include/linux/timex.h: 16 s are reached 8.9 h after the last synchronisation. */
const UNSYNCHRONIZED_MS = 16_000
const DRIFT_RATIO = 500e-6

export const clock = derivation({
  start: null as number | null,
  step(btime, { curr, signals }) {
    const now = readingOf(curr, 'cpu')?.btime
    // Not from the sample before, which is missing after a gap: a VM that was paused is set right just then.
    if (now !== undefined && btime !== null) signals.set('clock.stepMs', 'node', (now - btime) * 1000)
    const sync = readingOf(curr, 'clock')
    signals.set('clock.maxErrorMs', 'node', sync && maxErrorMs(sync, curr.wallMs))
    return { state: now ?? btime, facts: sync ?? null }
  },
})

/**
 * A time stamp of a file can only be compared with the wall clock; a step of hours in between counts as hours without
 * synchronisation until the daemon's next one. A stamp in the future (all of a tree's are) is as good as now.
 */
function maxErrorMs({ synchronizedMs, startedMs }: ClockSync, wallMs: number): number {
  if (synchronizedMs === null) return UNSYNCHRONIZED_MS
  // A drift file of the boot before is rewritten an hour after the start at the earliest.
  const lastMs = Math.max(synchronizedMs, startedMs ?? synchronizedMs)
  return Math.min(Math.max(wallMs - lastMs, 0) * DRIFT_RATIO, UNSYNCHRONIZED_MS)
}
