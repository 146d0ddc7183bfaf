import type { Host } from '../../collectors/host.ts'

/** One moment of a machine, recorded or live. */
export interface Frame {
  /** Monotonic; in a recording from its start. */
  readonly atMs: number
  readonly wallMs: number
  readonly host: Host
}

/** A recording: what it is of, and its frames in order of time. */
export interface Recording {
  readonly node: string
  readonly startWallMs: number
  /** Time between two frames, as recorded or as the median of the frames' distances. */
  readonly intervalMs: number
  frames(): AsyncIterable<Frame> | Iterable<Frame>
}

/** PATH is no recording, or a damaged one: exit code 2, the message is for the user. */
export class RecordingError extends Error {}

const YEAR_10000 = Date.UTC(10_000, 0)

/** Milliseconds that Date can write with a year of four digits, which is all that the contract's times have. */
export const isTime = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0 && ms < YEAR_10000
