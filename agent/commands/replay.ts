import { Collecting } from '../collect.ts'
import { pipelineSettings, toReport } from '../loop.ts'
import { advance, type Outcome, startPipeline } from '../pipeline.ts'
import { RecordingError } from '../record/frames.ts'
import { openRecording } from '../record/open.ts'
import type { Report } from '../report.ts'
import { timelineText } from '../text.ts'
import { Timeline } from '../timeline.ts'
import { version } from '../version.ts'
import { EXIT, UsageError } from './exit.ts'
import { type CommonOptions, loadAndParse } from './options.ts'
import { terminal } from './print.ts'

/** The same pipeline over a recording, with the recording's clock. */
export async function replay(path: string, options: CommonOptions & { readonly reports?: string }): Promise<void> {
  if (options.reports !== undefined && options.reports !== 'all')
    throw new UsageError(`--reports ${options.reports}: there is only "all"`)
  const config = loadAndParse(options)
  const recording = await openRecording(path)
  const node = options.nodeName ?? recording.node
  const settings = pipelineSettings(config, recording.intervalMs, false)
  const collecting = new Collecting(config.places, {
    disabled: config.disabledCollectors,
    intervalMs: recording.intervalMs,
    patienceMs: Number.POSITIVE_INFINITY,
  })
  const reports: Report[] = []
  let state = startPipeline()
  let final: Report | undefined
  let timeline: Timeline | undefined
  let count = 0
  let gaps = 0
  for await (const frame of recording.frames()) {
    const { sample, statuses } = await collecting.collect(frame.host, frame.atMs, frame.wallMs)
    const outcome: Outcome = advance(state, sample, settings)
    state = outcome.state
    timeline ??= new Timeline(0)
    timeline.add(outcome.judgement)
    if (outcome.gapMs > 0) gaps++
    const cycle = {
      count: ++count,
      durationMs: 0,
      cpuMs: 0,
      intervalMs: recording.intervalMs,
      gaps,
      lastGapMs: outcome.gapMs,
    }
    final = toReport(
      outcome,
      { node, statuses, agent: { version, uptimeSeconds: Math.round(frame.atMs / 1000), cycle, rssBytes: 0 } },
      settings,
    )
    if (options.reports === 'all') reports.push(final)
  }
  if (final === undefined || timeline === undefined)
    throw new RecordingError(`${path}: no frames; the recording is empty`)
  const entries = timeline.entries()
  const result = { timeline: entries, final, ...(options.reports === 'all' ? { reports } : {}) }
  console.log(options.output === 'json' ? JSON.stringify(result, null, 2) : timelineText(entries, final, terminal()))
  process.exitCode = entries.some(entry => entry.severity !== 'info') ? EXIT.problem : EXIT.fine
}
