import { Collecting } from '../collect.ts'
import type { Config } from '../config/config.ts'
import { Cycles } from '../cycles.ts'
import { advance, pipelineSettings, startPipeline } from '../pipeline.ts'
import type { Report } from '../report.ts'
import { toReport } from '../reporting.ts'
import { Timeline, type TimelineEntry } from '../timeline.ts'
import { type Recording, RecordingError } from './frames.ts'

/** What a recording came to. */
export interface Replayed {
  readonly timeline: readonly TimelineEntry[]
  readonly final: Report
}

/** The same pipeline over a recording, with the recording's clock. `onReport` gets the report of each frame. */
export async function replayRecording(
  recording: Recording,
  config: Config,
  { node = recording.node, onReport = () => undefined }: { node?: string; onReport?: (report: Report) => void } = {},
): Promise<Replayed> {
  const { intervalMs } = recording
  const settings = pipelineSettings(config, intervalMs, false)
  const collecting = new Collecting(config.places, {
    disabled: config.disabledCollectors,
    intervalMs,
    patienceMs: Number.POSITIVE_INFINITY,
  })
  const timeline = new Timeline(0)
  const cycles = new Cycles(intervalMs)
  let state = startPipeline()
  let final: Report | undefined
  for await (const frame of recording.frames()) {
    const { sample, statuses } = await collecting.collect(frame.host, frame.atMs, frame.wallMs)
    const outcome = advance(state, sample, settings)
    state = outcome.state
    timeline.add(outcome.judgement)
    cycles.add(outcome)
    final = toReport(outcome, { node, collectors: statuses, agent: cycles.replayed(frame.atMs / 1000) }, settings)
    onReport(final)
  }
  if (final === undefined) throw new RecordingError(`the recording of ${recording.node} is empty: it holds no frame`)
  return { timeline: timeline.entries(), final }
}
