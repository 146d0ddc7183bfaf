import { setTimeout as sleep } from 'node:timers/promises'
import { collectors, type Sample } from '../../collectors/index.ts'
import { Collecting } from '../collect.ts'
import type { Config } from '../config/config.ts'
import { Cycles, measureCost } from '../cycles.ts'
import { CannotRun } from '../failures.ts'
import { monotonicMs } from '../monotonic.ts'
import { advance, type Outcome, pipelineSettings, startPipeline } from '../pipeline.ts'
import type { CollectorStatus, Report } from '../report.ts'
import { toReport } from '../reporting.ts'
import { EXIT } from './exit.ts'
import { type OpenHost, openHost } from './host.ts'
import { type CommonOptions, durationFlag, loadAndParse } from './options.ts'
import { printReport } from './print.ts'

/** DiskHung keeps its persistence: a moment without a completion proves nothing. */
const HUNG_MS = 15_000
/** A call that hangs has its own deadline of two seconds; a few may be behind each other. */
const PATIENCE_MS = 5_000

/** Two samples, one report. Samples on only while a disk has requests in flight and completes none. */
export async function check(options: CommonOptions & { readonly interval: string }): Promise<void> {
  const intervalMs = durationFlag('--interval', options.interval, 100)
  const config = loadAndParse(options)
  const opened = openHost(options)
  try {
    const report = await observe(config, opened, intervalMs)
    printReport(report, options.output)
    process.exitCode = report.problems.some(problem => problem.severity !== 'info') ? EXIT.problem : EXIT.fine
  } finally {
    opened.close()
  }
}

async function observe(config: Config, { host, roots, live }: OpenHost, intervalMs: number): Promise<Report> {
  const settings = pipelineSettings(config, intervalMs, true)
  const patienceMs = Math.max(intervalMs, PATIENCE_MS)
  const collecting = new Collecting(config.places, { disabled: config.disabledCollectors, intervalMs, patienceMs })
  const started = monotonicMs()
  const cycles = new Cycles(intervalMs)
  let state = startPipeline()
  for (;;) {
    const begun = monotonicMs()
    const cost = measureCost()
    const { sample, statuses } = await collecting.collect(host, begun, Date.now())
    if (!readsKernel(statuses))
      throw new CannotRun(`nothing readable below ${roots.procfs}; name a procfs or a copy of one with --path.procfs`)
    const outcome = advance(state, sample, { ...settings, still: !live && unchanged(state.prev, sample) })
    state = outcome.state
    cycles.add(outcome)
    const waitForDisk = hasStalledDisk(outcome) && monotonicMs() - started < HUNG_MS + 2 * intervalMs
    if (cycles.count >= 2 && !waitForDisk) {
      const frame = { node: config.nodeName, collectors: statuses, agent: cycles.live(cost()) }
      return toReport(outcome, frame, settings)
    }
    await sleep(Math.max(intervalMs - (monotonicMs() - begun), 0))
  }
}

/** A copy of a machine stands still: that none of its requests completes proves nothing. */
function unchanged(prev: Sample | null, curr: Sample): boolean {
  const counters = (sample: Sample | null) => JSON.stringify(sample?.readings.diskstats.reading)
  return counters(prev) === counters(curr)
}

/** Whether any file of procfs could be read at all. */
function readsKernel(statuses: Readonly<Record<string, CollectorStatus>>): boolean {
  return collectors.some(({ name, source }) => source.startsWith('/proc') && statuses[name]?.status === 'ok')
}

/** Something may hang and is not told yet. */
function hasStalledDisk({ signals, judgement }: Outcome): boolean {
  if (judgement.problems.some(problem => problem.rule.id === 'DiskHung')) return false
  const stalled = new Map(signals.entries()).get('disk.stalledRequests')
  return [...(stalled?.values() ?? [])].some(value => value > 0)
}
