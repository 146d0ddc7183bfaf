import { fstatSync, type Stats, write } from 'node:fs'
import { Socket } from 'node:net'
import { type Logger, pino } from 'pino'

/** Log lines that wait while their reader is slow, at most; what comes on top is dropped and counted. */
const MAX_PENDING_BYTES = 1024 * 1024

/**
 * Where log lines go: never waiting. Pipes and sockets are written without blocking (process.stdout would block on a full
 * pipe); files and terminals by one write at a time in the background, so that a hung disk takes one thread and no more.
 */
export class LogSink {
  dropped = 0
  readonly #send: (line: string, done: () => void) => void
  readonly #queue: string[] = []
  #pendingBytes = 0
  #busy = false
  #closed = false

  constructor(descriptor: number) {
    this.#send = sender(descriptor, () => {
      this.#closed = true
    })
  }

  write(line: string): void {
    if (this.#closed || this.#pendingBytes + line.length > MAX_PENDING_BYTES) {
      this.dropped++
      return
    }
    this.#queue.push(line)
    this.#pendingBytes += line.length
    this.#next()
  }

  #next(): void {
    if (this.#busy || this.#queue.length === 0) return
    this.#busy = true
    const text = this.#queue.splice(0).join('')
    this.#send(text, () => {
      this.#busy = false
      this.#pendingBytes -= text.length
      this.#next()
    })
  }
}

function sender(descriptor: number, onClosed: () => void): (text: string, done: () => void) => void {
  const stat = statOf(descriptor)
  if (stat === null) return (_, done) => setImmediate(done)
  if (!stat.isFIFO() && !stat.isSocket()) return (text, done) => write(descriptor, text, () => done()) // a full disk: this text is lost, the next may fit
  const socket = new Socket({ fd: descriptor, readable: false, writable: true })
  socket.unref()
  socket.on('error', onClosed) // EPIPE: nobody reads any more
  return (text, done) => socket.write(text, () => done())
}

function statOf(descriptor: number): Stats | null {
  try {
    return fstatSync(descriptor)
  } catch {
    return null // closed by who started us
  }
}

/** JSON lines on stdout, as the field's log collectors expect them. */
export function createLog(level: string): { log: Logger; sink: LogSink } {
  const sink = new LogSink(1)
  return { log: pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink), sink }
}
