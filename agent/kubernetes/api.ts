import http, { type IncomingMessage } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { version } from '../version.ts'
import { ApiError, asApiError, linesOf, parse, readBody, refusal } from './answer.ts'

export { ApiError }

/** Where the API server is, and how a request to it gets credentials and the CA to trust. */
export interface Connection {
  readonly server: URL
  authorize(options: RequestOptions): Promise<void>
}

type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch'

export interface Call {
  readonly verb: Verb
  /** As RBAC spells it: `nodes`, `nodes/status`, `leases`, `events`. */
  readonly resource: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Of a patch: the kind of patch. */
  readonly contentType?: string
}

export interface Answer<T> {
  readonly object: T
  /** The server's clock by its `Date` header, whole seconds; null without one. */
  readonly serverWallMs: number | null
  readonly roundTripMs: number
}

/** What a call came to, for metrics. */
export interface Observed {
  readonly verb: Verb
  readonly resource: string
  /** HTTP status; 0 where there was no answer. */
  readonly code: number
  readonly durationMs: number
}

/** The API server answers in milliseconds; its own limit is a minute. */
const DEADLINE_MS = 10_000
/** Bookmarks come once a minute: a watch that is silent for longer is dead. */
const WATCH_SILENCE_MS = 150_000

const VERB_METHODS: Record<Verb, string> = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', patch: 'PATCH' }

/** Asks the API server. Every call has a deadline, every answer a bound, and every outcome is told to `observe`. */
export class Api {
  readonly #connect: () => Promise<Connection>
  readonly #observe: (observed: Observed) => void
  readonly #deadlineMs: number
  readonly #silenceMs: number
  #connection: Promise<Connection> | null = null

  constructor(
    connect: () => Promise<Connection>,
    observe: (observed: Observed) => void,
    { deadlineMs = DEADLINE_MS, silenceMs = WATCH_SILENCE_MS } = {},
  ) {
    this.#connect = connect
    this.#observe = observe
    this.#deadlineMs = deadlineMs
    this.#silenceMs = silenceMs
  }

  /** Throws ApiError. */
  async ask<T>(call: Call, signal?: AbortSignal): Promise<Answer<T>> {
    const begun = performance.now()
    const deadline = AbortSignal.timeout(this.#deadlineMs)
    const limit = signal ? AbortSignal.any([deadline, signal]) : deadline
    return this.#observed(call, limit, async () => {
      const response = await this.#send(call, limit)
      const object = parse<T>(await readBody(response))
      const date = Date.parse(response.headers.date ?? '')
      return {
        object,
        serverWallMs: Number.isNaN(date) ? null : date,
        roundTripMs: performance.now() - begun,
      }
    })
  }

  /** Hands out the events of a watch until the server or `signal` ends it. Throws ApiError. */
  async watch(call: Call, onEvent: (event: unknown) => void, signal: AbortSignal): Promise<void> {
    const silence = new AbortController()
    const timer = setTimeout(() => silence.abort(new ApiError('the watch fell silent', 0)), this.#silenceMs)
    try {
      const limit = AbortSignal.any([signal, silence.signal])
      await this.#observed(call, limit, async () => {
        const response = await this.#send(call, limit)
        for await (const line of linesOf(response)) {
          timer.refresh()
          onEvent(parse(line))
        }
      })
    } finally {
      clearTimeout(timer)
    }
  }

  async #observed<T>(call: Call, limit: AbortSignal, work: () => Promise<T>): Promise<T> {
    const begun = performance.now()
    const observe = (code: number) =>
      this.#observe({ verb: call.verb, resource: call.resource, code, durationMs: performance.now() - begun })
    try {
      const result = await work()
      observe(call.verb === 'create' ? 201 : 200)
      return result
    } catch (error) {
      const failure = asApiError(limit.aborted ? limit.reason : error, this.#deadlineMs)
      // A rotated token or CA is read anew.
      if (failure.code === 0 || failure.code === 401) this.#connection = null
      observe(failure.code)
      throw failure
    }
  }

  async #send(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    this.#connection ??= this.#connect()
    const { server, authorize } = await this.#connection
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    const options: RequestOptions = {
      method: VERB_METHODS[call.verb],
      signal,
      headers: {
        accept: 'application/json',
        'user-agent': `node-agent/${version}`,
        ...(body ? { 'content-type': call.contentType ?? 'application/json', 'content-length': body.length } : {}),
      },
    }
    await authorize(options)
    const url = new URL(server.pathname.replace(/\/$/, '') + call.path, server)
    for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, value)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'http:' ? http : https).request(url, options, resolve)
      request.on('error', reject)
      request.end(body)
    })
    const { statusCode = 0 } = response
    if (statusCode < 200 || statusCode > 299) throw await refusal(response, statusCode)
    return response
  }
}
