import type { ReportSource } from './source.ts'

/** A cycle may wait for a slow disk once; three in a row without an end mean that the loop is stuck. */
const LATE_INTERVALS = 3
const LEAST_LATE_MS = 30_000

/** Whether the agent itself works: its loop, not the node that it watches. */
export class Health {
  readonly #source: ReportSource

  constructor(source: ReportSource) {
    this.#source = source
  }

  /** Why it is not alive, or null. */
  notAlive(): string | null {
    const ageMs = this.#source.loopAgeMs()
    const lateMs = Math.max(LATE_INTERVALS * this.#source.intervalMs, LEAST_LATE_MS)
    return ageMs <= lateMs ? null : `The last cycle ended ${Math.round(ageMs / 1000)} s ago.`
  }

  /** Why it cannot answer yet, or null. */
  notReady(): string | null {
    return this.#source.latest === null ? 'There is no report yet: the first cycle is under way.' : this.notAlive()
  }
}
