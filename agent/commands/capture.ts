import { createWriteStream, type WriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { recorder } from '../../collectors/host/recording.ts'
import type { Host } from '../../collectors/host.ts'
import { Collecting } from '../collect.ts'
import { CannotRun } from '../failures.ts'
import { monotonicMs } from '../monotonic.ts'
import { CaptureWriter } from '../record/capture.ts'
import { version } from '../version.ts'
import { duration } from '../words.ts'
import { openHost } from './host.ts'
import { type CommonOptions, durationFlag, loadAndParse } from './options.ts'

/** Records all that the collectors read, frame by frame. ^C keeps what it has. */
export async function capture(
  options: CommonOptions & { readonly duration: string; readonly interval: string; readonly file?: string },
): Promise<void> {
  const durationMs = durationFlag('--duration', options.duration, 1)
  const intervalMs = durationFlag('--interval', options.interval, 100)
  const config = loadAndParse(options)
  const startWallMs = Date.now()
  const path = options.file ?? defaultPath(config.nodeName, startWallMs)
  const output = path === '-' ? process.stdout : await createNew(path)
  const opened = openHost(options)
  const writer = new CaptureWriter(output, {
    node: config.nodeName,
    startTime: new Date(startWallMs).toISOString(),
    intervalMs,
    agent: version,
  })
  const collecting = new Collecting(config.places, {
    disabled: config.disabledCollectors,
    intervalMs,
    patienceMs: Math.min(intervalMs / 2, 1_000),
  })
  try {
    const frames = await record(recorder(opened.host, writer.note), collecting, writer, { durationMs, intervalMs })
    if (process.stderr.isTTY) process.stderr.write('\n')
    console.error(
      `${frames} frames in ${path === '-' ? 'stdout' : path}; look at it with \`node-agent replay ${path}\``,
    )
  } catch (error) {
    throw writer.broken === undefined ? error : unwritable(writer.broken)
  } finally {
    opened.close()
  }
}

function defaultPath(node: string, startWallMs: number): string {
  const time = new Date(startWallMs).toISOString().replace(/[-:.]/g, '').slice(0, 15)
  return `./node-agent-${node}-${time}Z.capture`
}

/** Frame by frame until the time is over or somebody stops it; gives how many there are. */
async function record(
  host: Host,
  collecting: Collecting,
  writer: CaptureWriter,
  { durationMs, intervalMs }: { readonly durationMs: number; readonly intervalMs: number },
): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const started = monotonicMs()
  let frames = 0
  while (!stop.signal.aborted) {
    const begun = monotonicMs()
    await collecting.collect(host, begun, Date.now())
    await writer.frame(Math.round(begun - started), Date.now())
    progress(++frames, begun - started, durationMs)
    const restMs = started + durationMs - begun
    if (restMs < intervalMs) break
    await sleep(Math.max(intervalMs - (monotonicMs() - begun), 0), undefined, { signal: stop.signal }).catch(
      () => undefined,
    )
  }
  await writer.end()
  return frames
}

/** Refuses to overwrite: the file may be last night's incident. */
function createNew(path: string): Promise<WriteStream> {
  return new Promise((resolve, reject) => {
    const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    stream.once('open', () => resolve(stream))
    stream.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CannotRun(
          error.code === 'EEXIST'
            ? `${path} exists; name another file with --file`
            : `${path} cannot be written (${error.code})`,
        ),
      ),
    )
  })
}

function progress(frames: number, elapsedMs: number, durationMs: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(
      `\r${frames} frames, ${duration(elapsedMs)} of ${duration(durationMs)} (^C keeps what there is) `,
    )
}

/** The disk is full, or nobody reads the pipe any more. */
function unwritable({ code }: NodeJS.ErrnoException): CannotRun {
  return new CannotRun(`the capture cannot be written (${code}); what was written until then is kept`)
}
