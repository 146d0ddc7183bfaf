import { UsageError } from '../failures.ts'
import { openRecording } from '../record/open.ts'
import { replayRecording } from '../record/replay.ts'
import type { Report } from '../report.ts'
import { timelineText } from '../text.ts'
import { EXIT } from './exit.ts'
import { type CommonOptions, loadAndParse } from './options.ts'
import { terminal } from './print.ts'

/** Prints which problems held when in a recording. */
export async function replay(path: string, options: CommonOptions & { readonly reports?: string }): Promise<void> {
  if (options.reports !== undefined && options.reports !== 'all')
    throw new UsageError(`--reports ${options.reports}: there is only "all"`)
  const config = loadAndParse(options)
  const recording = await openRecording(path)
  const reports: Report[] = []
  const all = options.reports === 'all'
  const { timeline, final } = await replayRecording(recording, config, {
    node: options.nodeName ?? recording.node,
    onReport: report => all && reports.push(report),
  })
  const result = { timeline, final, ...(all ? { reports } : {}) }
  console.log(options.output === 'json' ? JSON.stringify(result, null, 2) : timelineText(timeline, final, terminal()))
  process.exitCode = timeline.some(entry => entry.severity !== 'info') ? EXIT.problem : EXIT.fine
}
