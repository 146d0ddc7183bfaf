import { monotonicMs, roundMs } from './monotonic.ts'
import type { AgentStatus } from './report.ts'
import { version } from './version.ts'

/** What one cycle took of this process. */
export interface Cost {
  readonly durationMs: number
  readonly cpuMs: number
}

/** Starts measuring; the function that it returns tells what was spent since. */
export function measureCost(): () => Cost {
  const begun = monotonicMs()
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return { durationMs: roundMs(monotonicMs() - begun), cpuMs: roundMs((user + system) / 1000) }
  }
}

/** Counts the cycles of a run and what was lost between them. */
export class Cycles {
  readonly #intervalMs: number
  #count = 0
  #gaps = 0
  #lastGapMs = 0

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  get count(): number {
    return this.#count
  }

  add({ gapMs }: { readonly gapMs: number }): void {
    this.#count++
    if (gapMs === 0) return
    this.#gaps++
    this.#lastGapMs = gapMs
  }

  /** Of a process that watches a machine. */
  live(cost: Cost): AgentStatus {
    return {
      ...this.replayed(process.uptime()),
      cycle: { ...this.#told(), ...cost },
      rssBytes: process.memoryUsage.rss(),
    }
  }

  /** Of a recording, in which nobody measured what the agent took. */
  replayed(uptimeSeconds: number): AgentStatus {
    return { version, uptimeSeconds: Math.round(uptimeSeconds), cycle: this.#told() }
  }

  #told(): AgentStatus['cycle'] {
    return {
      count: this.#count,
      intervalMs: this.#intervalMs,
      gaps: this.#gaps,
      lastGapMs: Math.round(this.#lastGapMs),
    }
  }
}
