import type { Sample } from '../../collectors/index.ts'
import type { Report } from '../report.ts'

/** What the servers look at. They are views: pushed into from outside, they never compute or start a collection. */
export interface ReportSource {
  /** The last report, null before the first. */
  readonly latest: Report | null
  /** The sample that the last report was made of; for `metrics.raw`. */
  readonly sample: Sample | null
  readonly intervalMs: number
  /** ms since the loop last began a cycle. */
  loopAgeMs(): number
  /** Calls back with each new report until the returned function is called. */
  subscribe(listener: (report: Report) => void): () => void
}
