import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { constants, createGunzip, createGzip, type Gzip } from 'node:zlib'
import { type Answers, replay } from '../../collectors/host/recording.ts'
import type { Reading } from '../../collectors/reading.ts'
import { type Frame, type Recording, RecordingError } from './frames.ts'

/**
 * A capture file: gzip of JSON lines. The first is the header, every other a frame: what was asked of the host and
 * answered differently than in the frame before. Cut short it keeps all frames that were written.
 */
interface Header {
  readonly format: 'node-agent-capture'
  readonly version: 1
  readonly node: string
  readonly startTime: string
  readonly intervalMs: number
  readonly agent: string
}

interface FrameLine {
  readonly ms: number
  readonly wallMs: number
  readonly set: Readonly<Record<string, Reading<unknown>>>
}

/** A capture bomb must not fill the memory of whoever looks into it. No kernel file comes near. */
const MAX_LINE_BYTES = 64 * 1024 * 1024

export class CaptureWriter {
  readonly #gzip: Gzip
  readonly #last = new Map<string, string>()
  #changed: Record<string, Reading<unknown>> = {}

  constructor(output: Writable, header: Omit<Header, 'format' | 'version'>) {
    this.#gzip = createGzip({ level: 9 })
    this.#gzip.pipe(output)
    this.#write({ format: 'node-agent-capture', version: 1, ...header } satisfies Header)
  }

  note = (question: string, answer: Reading<unknown>): void => {
    const text = JSON.stringify(answer)
    if (this.#last.get(question) === text) return
    this.#last.set(question, text)
    this.#changed[question] = answer
  }

  /** Ends a frame; resolves when it is on its way, so that a slow disk slows the capture and not memory. */
  async frame(ms: number, wallMs: number): Promise<void> {
    this.#write({ ms, wallMs, set: this.#changed } satisfies FrameLine)
    this.#changed = {}
    await new Promise<void>(resolve => this.#gzip.flush(constants.Z_SYNC_FLUSH, () => resolve()))
  }

  end(): void {
    this.#gzip.end()
  }

  #write(line: unknown): void {
    this.#gzip.write(`${JSON.stringify(line)}\n`)
  }
}

export async function openCapture(path: string): Promise<Recording> {
  const header = await readHeader(path)
  return {
    node: header.node,
    startWallMs: Date.parse(header.startTime),
    intervalMs: header.intervalMs,
    frames: () => readFrames(path),
  }
}

async function readHeader(path: string): Promise<Header> {
  for await (const line of jsonLines(path)) {
    const header = line as Partial<Header>
    if (header.format !== 'node-agent-capture') break
    if (header.version !== 1)
      throw new RecordingError(
        `${path}: capture version ${header.version}, this agent reads version 1; use a newer node-agent`,
      )
    if (Number.isNaN(Date.parse(String(header.startTime))) || !((header.intervalMs ?? 0) > 0)) break
    return header as Header
  }
  throw new RecordingError(`${path}: not a capture; make one with \`node-agent capture\``)
}

async function* readFrames(path: string): AsyncGenerator<Frame> {
  const answers: Answers = new Map()
  let first = true
  for await (const line of jsonLines(path)) {
    if (first) {
      first = false
      continue
    }
    const { ms, wallMs, set } = line as FrameLine
    if (!Number.isFinite(ms) || !Number.isFinite(wallMs) || typeof set !== 'object')
      throw new RecordingError(`${path}: a frame without time or answers; the capture is damaged`)
    for (const [question, answer] of Object.entries(set)) answers.set(question, answer)
    yield { atMs: ms, wallMs, host: replay(answers) }
  }
}

/** Lines as long as they are whole: a capture that was cut short ends with the last one. */
async function* jsonLines(path: string): AsyncGenerator<unknown> {
  const source = createReadStream(path)
  const unzipped = source.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }))
  source.on('error', error => unzipped.destroy(error))
  try {
    for await (const line of createInterface({ input: unzipped })) {
      if (line.length > MAX_LINE_BYTES)
        throw new RecordingError(`${path}: a line of more than ${MAX_LINE_BYTES} bytes; not a capture`)
      const parsed = parseWhole(line)
      if (parsed === undefined) return
      yield parsed
    }
  } catch (error) {
    if (error instanceof RecordingError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new RecordingError(
      `${path}: ${code?.startsWith('Z_') ? 'not a capture, or a damaged one' : `cannot be read (${code})`}`,
    )
  } finally {
    source.destroy()
  }
}

function parseWhole(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
