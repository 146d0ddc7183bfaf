/** So long after the last sign of a second agent we do not mend what it writes. */
const RIVAL_MS = 15 * 60_000

/**
 * Notices a second agent on the same node, by the time at which something of our name last wrote the status. Two that mend
 * what the other writes would never end.
 */
export class RivalWatch {
  #ownWrite: string | null = null
  #seenMs = Number.NEGATIVE_INFINITY

  /** We wrote; the API server noted this time. */
  wrote(time: string | null): void {
    this.#ownWrite = time
  }

  /** The Node as it stands. True if that is the first sign of another one. */
  look(time: string | null, nowMs: number): boolean {
    if (this.#ownWrite === null || time === null || time <= this.#ownWrite) return false
    const isNews = !this.isThere(nowMs)
    this.#ownWrite = time
    this.#seenMs = nowMs
    return isNews
  }

  isThere(nowMs: number): boolean {
    return nowMs - this.#seenMs < RIVAL_MS
  }
}
