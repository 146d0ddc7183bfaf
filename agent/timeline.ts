import type { Judgement, Problem } from './judge.ts'
import { type ReportedProblem, reportProblem } from './report.ts'
import { worse } from './rules/rule.ts'

/** A problem with start and end, from the recording's start; `endMs` null if it still held at the end. */
export interface TimelineEntry extends ReportedProblem {
  readonly startMs: number
  readonly endMs: number | null
}

interface Entry {
  worst: Problem
  /** Moves back when a second trigger holds that was raised before the first. */
  start: Pick<Problem, 'sinceMs' | 'sinceWallMs'>
  endMs: number | null
}

/** Collects what held when, over a whole recording: each entry shows its worst moment. */
export class Timeline {
  readonly #entries: Entry[] = []
  /** The entries to which what comes belongs, by id. */
  readonly #last = new Map<string, Entry>()
  readonly #startMs: number

  constructor(startMs: number) {
    this.#startMs = startMs
  }

  add({ problems, ended }: Judgement): void {
    for (const problem of problems) {
      const entry = this.#last.get(problem.id)
      if (entry === undefined || happenedAgain(entry, problem)) this.#begin(problem)
      else extend(entry, problem)
    }
    for (const problem of ended) {
      const entry = this.#last.get(problem.id)
      // Of two triggers that end in one frame, the later one.
      if (entry) entry.endMs = Math.max(entry.endMs ?? 0, problem.endMs ?? 0)
    }
    for (const { id } of ended) this.#last.delete(id)
  }

  #begin(problem: Problem): void {
    const entry = { worst: problem, start: problem, endMs: problem.endMs }
    this.#entries.push(entry)
    this.#last.set(problem.id, entry)
  }

  entries(): TimelineEntry[] {
    return this.#entries
      .map(({ worst, start: { sinceMs, sinceWallMs }, endMs }) => ({
        ...reportProblem({ ...worst, sinceMs, sinceWallMs }),
        startMs: sinceMs - this.#startMs,
        endMs: endMs === null ? null : endMs - this.#startMs,
      }))
      .sort((a, b) => a.startMs - b.startMs || a.id.localeCompare(b.id))
  }
}

/** One-off events have an end from their beginning; each is an entry of its own. */
const happenedAgain = ({ start, endMs }: Entry, problem: Problem): boolean =>
  endMs !== null && start.sinceMs !== problem.sinceMs

function extend(entry: Entry, problem: Problem): void {
  if (problem.sinceMs < entry.start.sinceMs) entry.start = problem
  if (isWorse(problem, entry.worst)) entry.worst = problem
}

/** The more severe moment; of equals the one that lies further past the raise level. */
function isWorse(a: Problem, b: Problem): boolean {
  return worse(a.severity, b.severity) || (a.severity === b.severity && a.badness > b.badness)
}
