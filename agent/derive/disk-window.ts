import { quotient } from './step.ts'
import type { Timed } from './window.ts'

/** Trailing time over which completions are put together. */
export const WINDOW_MS = 60_000
const MIN_COMPLETIONS = 5
/** What completed longer ago says nothing of a device that has been idle since. */
const RECENT_MS = 10_000
/** With so few completions an await counts only if the device was at work nearly all the time. */
const BUSY_RATIO = 0.9

/** What a disk did in one interval. */
export interface Slice extends Timed {
  readonly seconds: number
  readonly reads: number
  readonly readMs: number
  readonly writes: number
  readonly writeMs: number
  readonly busyMs: number
  readonly queueMs: number
  /** The first completions after a stall. */
  readonly afterStall: boolean
}

/** A slow average of what is no trouble; what is slow now does not become normal. */
const NORMAL_MS = 200
const NORMAL_WEIGHT = 0.05

export function normal(before: number | undefined, awaitMs: number | undefined): number | undefined {
  if (awaitMs === undefined || awaitMs > NORMAL_MS) return before
  return before === undefined ? awaitMs : before + NORMAL_WEIGHT * (awaitMs - before)
}

export function meanQueue(slices: readonly Slice[]): number | undefined {
  const seconds = slices.reduce((sum, slice) => sum + slice.seconds, 0)
  return quotient(
    slices.reduce((sum, slice) => sum + slice.queueMs, 0),
    seconds * 1000,
  )
}

/** Undefined where too little completed to tell. */
export function windowedAwaits(window: readonly Slice[]): { read: number | undefined; write: number | undefined } {
  const ends = window.filter(slice => slice.afterStall).length
  const slices = ends === 1 ? window.filter(slice => !slice.afterStall) : window
  return {
    read: shortestWindow(
      slices,
      slice => slice.reads,
      slice => slice.readMs,
    ),
    write: shortestWindow(
      slices,
      slice => slice.writes,
      slice => slice.writeMs,
    ),
  }
}

function shortestWindow(
  slices: readonly Slice[],
  count: (slice: Slice) => number,
  ms: (slice: Slice) => number,
): number | undefined {
  if (!isAtWork(slices, count)) return undefined
  let completions = 0
  let totalMs = 0
  let busyMs = 0
  let seconds = 0
  for (const slice of slices.toReversed()) {
    completions += count(slice)
    totalMs += ms(slice)
    busyMs += slice.busyMs
    seconds += slice.seconds
    if (completions >= MIN_COMPLETIONS) return totalMs / completions
  }
  const wholeWindow = seconds * 1000 >= WINDOW_MS
  return completions > 0 && wholeWindow && busyMs >= BUSY_RATIO * seconds * 1000 ? totalMs / completions : undefined
}

/** Something completed just now, or the device is busy with what does not. */
function isAtWork(slices: readonly Slice[], count: (slice: Slice) => number): boolean {
  const last = slices.at(-1)
  if (last === undefined) return false
  const recent = slices.filter(({ atMs }) => atMs > last.atMs - RECENT_MS)
  return recent.some(slice => count(slice) > 0) || last.busyMs >= BUSY_RATIO * last.seconds * 1000
}
