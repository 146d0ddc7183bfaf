import { Registry } from 'prom-client'
import type { History } from '../history.ts'
import type { Calls } from '../kubernetes/calls.ts'
import type { Report } from '../report.ts'
import { countSeries, exposition, type Family, type MetricsView, one, valuesOf } from './metric.ts'
import { apiMetrics } from './metrics-api.ts'
import { rawFamilies } from './metrics-raw.ts'
import { signalFamilies } from './metrics-signals.ts'
import { BegunProblems, statusMetrics } from './metrics-status.ts'
import type { ReportSource } from './source.ts'

/** A node costs its Prometheus no more than this, raw counters apart: what its bill is counted in. */
export const MAX_SERIES = 1_000

export const PROMETHEUS = Registry.PROMETHEUS_CONTENT_TYPE
export const OPEN_METRICS = Registry.OPENMETRICS_CONTENT_TYPE

export const LEFT_OUT = {
  name: 'node_agent_series_left_out',
  help: 'Series that this scrape leaves out so as not to have more than 1 000 (raw counters: 4 000 more)',
  type: 'gauge',
  labels: [],
} as const

/** Everything that a scrape shows, within the bounds. */
export function families(view: MetricsView, raw: boolean): Family[] {
  const status = valuesOf([...statusMetrics, ...apiMetrics], view)
  const signals = view.report
    ? signalFamilies(view.report, MAX_SERIES - 1 - countSeries(status))
    : { families: [], leftOut: 0 }
  const counters = raw ? rawFamilies(view) : { families: [], leftOut: 0 }
  const leftOut = { ...LEFT_OUT, series: one(signals.leftOut + counters.leftOut) }
  // Kernels add counters; one that happened to be called as a metric of ours must not cost the whole scrape.
  const all = [...status, leftOut, ...signals.families, ...counters.families].map(
    family => [family.name, family] as const,
  )
  return [...new Map(all.toReversed()).values()].toReversed()
}

/** `/metrics`: remembers how often problems began, and no more. */
export class Metrics {
  readonly #source: ReportSource
  readonly #history: History
  readonly #calls: Pick<Calls, 'counts'>
  readonly #raw: boolean
  readonly #begun = new BegunProblems()

  constructor(source: ReportSource, history: History, calls: Pick<Calls, 'counts'>, raw: boolean) {
    this.#source = source
    this.#history = history
    this.#calls = calls
    this.#raw = raw
  }

  see(report: Report): void {
    this.#begun.see(report)
  }

  scrape(contentType: typeof PROMETHEUS | typeof OPEN_METRICS): Promise<string> {
    const { user, system } = process.cpuUsage()
    const view: MetricsView = {
      report: this.#source.latest,
      sample: this.#source.sample,
      loopAgeMs: this.#source.loopAgeMs(),
      cpuSeconds: (user + system) / 1e6,
      begun: this.#begun.counts,
      calls: this.#calls.counts,
      history: this.#history,
    }
    return exposition(families(view, this.#raw), contentType)
  }
}
