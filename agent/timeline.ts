import type { Judgement, Problem } from './judge.ts'
import { worse } from './judge.ts'
import { type ReportedProblem, reportProblem } from './report.ts'

/** A problem with start and end, from the recording's start; `endMs` null if it still held at the end. */
export interface TimelineEntry extends ReportedProblem {
  readonly startMs: number
  readonly endMs: number | null
}

/** Collects what held when, over a whole recording: each entry shows its worst moment. */
export class Timeline {
  readonly #entries = new Map<string, { worst: Problem; endMs: number | null }>()
  readonly #startMs: number

  constructor(startMs: number) {
    this.#startMs = startMs
  }

  add({ problems, ended }: Judgement): void {
    for (const problem of problems) {
      const key = `${problem.id} ${problem.sinceMs}`
      const entry = this.#entries.get(key)
      if (entry === undefined) this.#entries.set(key, { worst: problem, endMs: problem.endMs })
      else if (isWorse(problem, entry.worst)) entry.worst = problem
    }
    for (const problem of ended) {
      const entry = this.#entries.get(`${problem.id} ${problem.sinceMs}`)
      if (entry) entry.endMs = problem.endMs
    }
  }

  entries(): TimelineEntry[] {
    return [...this.#entries.values()]
      .map(({ worst, endMs }) => ({
        ...reportProblem(worst),
        startMs: worst.sinceMs - this.#startMs,
        endMs: endMs === null ? null : endMs - this.#startMs,
      }))
      .sort((a, b) => a.startMs - b.startMs || a.id.localeCompare(b.id))
  }
}

/** The more severe moment; of equals the one that lies further past the raise level. */
function isWorse(a: Problem, b: Problem): boolean {
  return worse(a.severity, b.severity) || (a.severity === b.severity && a.badness > b.badness)
}
