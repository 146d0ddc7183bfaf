import { setTimeout as sleep } from 'node:timers/promises'
import { Collecting } from '../collect.ts'
import { monotonicMs, pipelineSettings, toReport } from '../loop.ts'
import { advance, type Outcome, startPipeline } from '../pipeline.ts'
import { version } from '../version.ts'
import { CannotRun, EXIT } from './exit.ts'
import { openHost } from './host.ts'
import { type CommonOptions, durationFlag, loadAndParse } from './options.ts'
import { printReport } from './print.ts'

/** DiskHung keeps its persistence: a moment without a completion proves nothing. */
const HUNG_MS = 15_000

/** Two samples, one report. Samples on only while a disk has requests in flight and completes none. */
export async function check(options: CommonOptions & { readonly interval: string }): Promise<void> {
  const intervalMs = durationFlag('--interval', options.interval, 100)
  const config = loadAndParse(options)
  const opened = openHost(options)
  try {
    const settings = pipelineSettings(config, intervalMs, true)
    const collecting = new Collecting(config.places, {
      disabled: config.disabledCollectors,
      intervalMs,
      patienceMs: Math.max(intervalMs, 5_000),
    })
    const started = monotonicMs()
    let state = startPipeline()
    let outcome: Outcome
    let cycles = 0
    for (;;) {
      const begun = monotonicMs()
      const { sample, statuses } = await collecting.collect(opened.host, begun, Date.now())
      outcome = advance(state, sample, settings)
      state = outcome.state
      cycles++
      if (Object.values(statuses).every(({ status }) => status !== 'ok'))
        throw new CannotRun(
          `nothing readable below ${opened.roots.procfs}; name a procfs or a copy of one with --path.procfs`,
        )
      if (cycles >= 2 && !(hasStalledDisk(outcome) && monotonicMs() - started < HUNG_MS + 2 * intervalMs)) {
        const cycle = { count: cycles, durationMs: 0, cpuMs: 0, intervalMs, gaps: 0, lastGapMs: 0 }
        const agent = { version, uptimeSeconds: 0, cycle, rssBytes: process.memoryUsage.rss() }
        const report = toReport(outcome, { node: config.nodeName, statuses, agent }, settings)
        printReport(report, options.output)
        process.exitCode = report.problems.some(problem => problem.severity !== 'info') ? EXIT.problem : EXIT.fine
        return
      }
      await sleep(Math.max(intervalMs - (monotonicMs() - begun), 0))
    }
  } finally {
    opened.close()
  }
}

/** Something may hang and is not told yet. */
function hasStalledDisk({ signals, judgement }: Outcome): boolean {
  if (judgement.problems.some(problem => problem.rule.id === 'DiskHung')) return false
  for (const [name, values] of signals.entries()) {
    if (name === 'disk.stalledRequests') return [...values.values()].some(value => value > 0)
  }
  return false
}
