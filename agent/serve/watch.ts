import { type ServerWritableStream, status } from '@grpc/grpc-js'
import type { WatchStatusRequest__Output } from '../../proto/generated/node_agent/v1/WatchStatusRequest.ts'
import type { WatchStatusResponse } from '../../proto/generated/node_agent/v1/WatchStatusResponse.ts'
import type { Report } from '../report.ts'
import { changeBetween } from './change.ts'
import { endOnStop, endWith } from './endings.ts'
import { toReportMessage } from './messages.ts'
import type { ReportSource } from './source.ts'

export type WatchCall = ServerWritableStream<WatchStatusRequest__Output, WatchStatusResponse>

/** All streams of one server. More than a handful of aggregators has no business here. */
export const MAX_WATCHERS = 64
/** A client that did not take a message for this long is dropped. */
const PATIENCE_MS = 60_000

/**
 * The streams of WatchStatus. For each of them one message at most waits for its client; what happens meanwhile is told in
 * the next one. So a slow client costs one message and one report, and no more.
 */
export class Watchers {
  readonly #source: ReportSource
  readonly #stopping: AbortSignal
  readonly #patienceMs: number
  readonly #streams = new Set<Stream>()

  constructor(source: ReportSource, stopping: AbortSignal, patienceMs = PATIENCE_MS) {
    this.#source = source
    this.#stopping = stopping
    this.#patienceMs = patienceMs
    source.subscribe(report => this.#streams.forEach(stream => void stream.tell(report)))
  }

  /** `drop` ends the connection of a client that takes nothing: a status would wait behind what it did not take. */
  add(call: WatchCall, drop: () => void): void {
    if (this.#streams.size >= MAX_WATCHERS) {
      endWith(call, status.RESOURCE_EXHAUSTED, `there are ${MAX_WATCHERS} streams already`)
      return
    }
    const stream = new Stream(call, drop, this.#patienceMs)
    this.#streams.add(stream)
    call.on('close', () => this.#remove(stream))
    call.on('cancelled', () => this.#remove(stream))
    endOnStop(call, this.#stopping)
    if (this.#source.latest !== null) stream.tell(this.#source.latest)
  }

  #remove(stream: Stream): void {
    stream.stop()
    this.#streams.delete(stream)
  }
}

class Stream {
  readonly #call: WatchCall
  readonly #drop: () => void
  readonly #patienceMs: number
  #sent: Report | null = null
  /** Came while a message was under way. */
  #next: Report | null = null
  #waiting: NodeJS.Timeout | null = null
  #ended = false

  constructor(call: WatchCall, drop: () => void, patienceMs: number) {
    this.#call = call
    this.#drop = drop
    this.#patienceMs = patienceMs
  }

  tell(report: Report): void {
    if (this.#ended) return
    if (this.#waiting !== null) {
      this.#next = report
      return
    }
    const { omitSignals } = this.#call.request
    const message: WatchStatusResponse =
      this.#sent === null
        ? { report: toReportMessage(report, omitSignals) }
        : { change: changeBetween(this.#sent, report, omitSignals) }
    this.#sent = report
    this.#waiting = setTimeout(this.#drop, this.#patienceMs).unref()
    this.#call.write(message, () => this.#taken())
  }

  #taken(): void {
    this.#clearTimer()
    const next = this.#next
    this.#next = null
    if (next !== null) this.tell(next)
  }

  #clearTimer(): void {
    if (this.#waiting !== null) clearTimeout(this.#waiting)
    this.#waiting = null
  }

  stop(): void {
    this.#ended = true
    this.#clearTimer()
    this.#next = null
    this.#sent = null
  }
}
