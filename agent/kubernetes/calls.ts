import type { Observed } from './api.ts'

/** Calls of one kind that came to the same. */
export interface CallCount {
  readonly verb: Observed['verb']
  readonly resource: string
  /** HTTP status; 0 where there was no answer. */
  readonly code: number
  count: number
  /** Time until they were answered, together; a watch takes as long as it lasts. */
  durationMs: number
}

/** Counts what the API server is asked. Bounded: verbs, resources and codes are few. */
export class Calls {
  readonly #counts = new Map<string, CallCount>()

  readonly observe = ({ verb, resource, code, durationMs }: Observed): void => {
    const key = `${verb} ${resource} ${code}`
    const counted = this.#counts.get(key) ?? { verb, resource, code, count: 0, durationMs: 0 }
    counted.count++
    counted.durationMs += durationMs
    this.#counts.set(key, counted)
  }

  get counts(): readonly CallCount[] {
    return [...this.#counts.values()]
  }
}
