import { Counter, Gauge, type OpenMetricsContentType, type PrometheusContentType, Registry } from 'prom-client'
import type { Sample } from '../../collectors/index.ts'
import type { CallCount } from '../kubernetes/calls.ts'
import type { Report } from '../report.ts'

/** All that metrics are made of. A view of the last report; nothing is measured for a scrape but our own use of CPU. */
export interface MetricsView {
  /** Null before the first. */
  readonly report: Report | null
  readonly sample: Sample | null
  readonly loopAgeMs: number
  readonly cpuSeconds: number
  /** How often problems began, by reason. */
  readonly begun: ReadonlyMap<string, number>
  /** What the API server was asked. */
  readonly calls: readonly CallCount[]
  readonly history: { readonly seriesCount: number; readonly leftOut: number }
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** One row of the tables: what a metric is called, what it means, and where its values come from. */
export interface Metric {
  readonly name: string
  readonly help: string
  /** `unknown`: a counter by a name that OpenMetrics does not allow for one. */
  readonly type: 'gauge' | 'counter' | 'unknown'
  readonly labels: readonly string[]
  series(view: MetricsView): readonly Series[]
}

/** A metric with the values of one scrape. */
export interface Family extends Omit<Metric, 'series'> {
  readonly series: readonly Series[]
}

export const valuesOf = (metrics: readonly Metric[], view: MetricsView): Family[] =>
  metrics.map(metric => ({ ...metric, series: metric.series(view) }))

export const one = (value: number | undefined): Series[] => (value === undefined ? [] : [{ labels: {}, value }])

export const countSeries = (families: readonly Family[]): number =>
  families.reduce((sum, { series }) => sum + series.length, 0)

type ContentType = PrometheusContentType | OpenMetricsContentType

/** Text of a scrape. Metrics without a value are left out: one without a label would read 0. */
export async function exposition(families: readonly Family[], contentType: ContentType): Promise<string> {
  const registry = new Registry<ContentType>()
  registry.setContentType(contentType)
  const openMetrics = contentType === Registry.OPENMETRICS_CONTENT_TYPE
  for (const { name, help, type, labels, series } of families) {
    if (series.length === 0) continue
    const settings = { name, help, labelNames: labels, registers: [registry] }
    if (type === 'counter' || (type === 'unknown' && !openMetrics)) {
      const counter = new Counter(settings)
      for (const { labels, value } of series) counter.inc(labels, value)
    } else {
      const gauge = new Gauge(settings)
      if (type === 'unknown') Object.assign(gauge, { type }) // the library has no class for it
      for (const { labels, value } of series) gauge.set(labels, value)
    }
  }
  return registry.metrics()
}
