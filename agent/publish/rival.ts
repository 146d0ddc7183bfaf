/** So long after the last sign of a second agent we do not mend what it writes. */
const RIVAL_MS = 15 * 60_000
/** One foreign write may be our own whose answer was lost; two are somebody else's. */
const PROOF = 2

/**
 * Notices a second agent on the same node, by the time at which something of our name last wrote the status. Two that mend
 * what the other writes would never end.
 */
export class RivalWatch {
  /** Null while it is unknown whether a write of ours got through. */
  #ownWrite: string | null = null
  #foreign: number[] = []

  /** We wrote; the API server noted this time, or it is unknown what came of it. */
  wrote(time: string | null): void {
    this.#ownWrite = time
  }

  /** The Node as it stands. */
  look(time: string | null, nowMs: number): void {
    if (this.#ownWrite === null || time === null || time <= this.#ownWrite) return
    this.#ownWrite = time
    this.#foreign = [...this.#foreign, nowMs].slice(-PROOF)
  }

  isThere(nowMs: number): boolean {
    return this.#foreign.length === PROOF && this.#foreign.every(atMs => nowMs - atMs < RIVAL_MS)
  }
}
