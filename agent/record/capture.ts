import { finished, type Writable } from 'node:stream'
import { constants, createGzip, type Gzip } from 'node:zlib'
import { type Answers, isAnswer, replay } from '../../collectors/host/recording.ts'
import type { Reading } from '../../collectors/reading.ts'
import { type Frame, isTime, type Recording, RecordingError } from './frames.ts'
import { jsonLines } from './lines.ts'

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

export class CaptureWriter {
  readonly #gzip: Gzip
  readonly #output: Writable
  readonly #last = new Map<string, string>()
  #changed: Record<string, Reading<unknown>> = {}
  #broken: Error | undefined
  #reject: (error: Error) => void = () => undefined

  constructor(output: Writable, header: Omit<Header, 'format' | 'version'>) {
    this.#output = output
    this.#gzip = createGzip({ level: 9 })
    output.on('error', error => {
      this.#broken ??= error
      this.#reject(error)
    })
    this.#gzip.pipe(output)
    this.#write({ format: 'node-agent-capture', version: 1, ...header } satisfies Header)
  }

  note = (question: string, answer: Reading<unknown>): void => {
    const text = JSON.stringify(answer)
    if (this.#last.get(question) === text) return
    this.#last.set(question, text)
    this.#changed[question] = answer
  }

  /** What became of the output, if it takes no more. */
  get broken(): Error | undefined {
    return this.#broken
  }

  /** Ends a frame; resolves when it is on its way, so that a slow disk slows the capture and not memory. */
  async frame(ms: number, wallMs: number): Promise<void> {
    this.#write({ ms, wallMs, set: this.#changed } satisfies FrameLine)
    this.#changed = {}
    await this.#unlessBroken(done => this.#gzip.flush(constants.Z_SYNC_FLUSH, done))
  }

  /** Resolves when the output has taken everything. */
  async end(): Promise<void> {
    await this.#unlessBroken(done => {
      this.#gzip.once('end', done)
      this.#gzip.end()
    })
    // Standard output is not ended by the pipe; after the last write it has taken all before it.
    const { stdout } = process
    await this.#unlessBroken(done =>
      this.#output === stdout ? stdout.write('', () => done()) : finished(this.#output, () => done()),
    )
  }

  /** Once the output is broken zlib calls back no more: who waits is told by the output's error. */
  #unlessBroken(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      if (this.#broken) reject(this.#broken)
      else start(resolve)
    })
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
    const header = (line ?? {}) as Partial<Header>
    if (header.format !== 'node-agent-capture') break
    if (header.version !== 1)
      throw new RecordingError(
        `${path}: capture version ${header.version}, this agent reads version 1; use a newer node-agent`,
      )
    const { intervalMs, node, startTime } = header
    if (!isTime(Date.parse(String(startTime))) || typeof node !== 'string') break
    if (!Number.isFinite(intervalMs) || intervalMs! <= 0) break
    return header as Header
  }
  throw new RecordingError(`${path}: not a capture; make one with \`node-agent capture\``)
}

async function* readFrames(path: string): AsyncGenerator<Frame> {
  const answers: Answers = new Map()
  let first = true
  let lastMs = -1
  for await (const line of jsonLines(path)) {
    if (first) {
      first = false
      continue
    }
    const { ms, wallMs, set } = frameOf(path, line)
    if (ms <= lastMs) throw new RecordingError(`${path}: a frame at ${ms} ms after one at ${lastMs} ms; it is damaged`)
    lastMs = ms
    for (const [question, answer] of Object.entries(set)) answers.set(question, answer)
    yield { atMs: ms, wallMs, host: replay(answers) }
  }
}

function frameOf(path: string, line: unknown): FrameLine {
  const { ms, wallMs, set } = (line ?? {}) as Partial<FrameLine>
  if (!isTime(ms) || !isTime(wallMs) || typeof set !== 'object' || set === null)
    throw new RecordingError(`${path}: a frame without time or answers; the capture is damaged`)
  for (const [question, answer] of Object.entries(set)) {
    if (!isAnswer(question, answer))
      throw new RecordingError(
        `${path}: at ${ms} ms no answer to ${JSON.stringify(question.slice(0, 100))}; the capture is damaged`,
      )
  }
  return { ms, wallMs, set }
}
