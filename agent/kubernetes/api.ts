import http, { type IncomingMessage } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { version } from '../version.ts'

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

/** Why a call failed. `code` is the HTTP status, 0 where there was no (whole, readable) answer. */
export class ApiError extends Error {
  readonly code: number
  /** What the server asks us to wait; null if it does not say. */
  readonly retryAfterMs: number | null

  constructor(message: string, code: number, retryAfterMs: number | null = null) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

/** The API server answers in milliseconds; its own limit is a minute. */
const DEADLINE_MS = 10_000
/** A Node object with its images and managed fields is some 30 KB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024
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

/** The server's own words, as in its Status object. */
async function refusal(response: IncomingMessage, code: number): Promise<ApiError> {
  const seconds = Number(response.headers['retry-after'])
  const retryAfterMs = seconds >= 0 ? seconds * 1000 : null
  const text = await readBody(response).catch(() => '')
  let message: string = response.statusMessage || `HTTP ${code}`
  try {
    message = (JSON.parse(text) as { message?: string }).message || message
  } catch {
    // a proxy's page, say
  }
  return new ApiError(message, code, retryAfterMs)
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new ApiError(`the answer is larger than ${MAX_BODY_BYTES} bytes`, 0)
    chunks.push(chunk)
  }
  if (!response.complete) throw new ApiError('the answer ended too early', 0)
  return Buffer.concat(chunks).toString()
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    if (rest.length > MAX_BODY_BYTES) throw new ApiError(`an event is larger than ${MAX_BODY_BYTES} bytes`, 0)
    yield* lines
  }
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new ApiError('the answer is not JSON', 0)
  }
}

function asApiError(error: unknown, deadlineMs: number): ApiError {
  if (error instanceof ApiError) return error
  const { name, code, message } = error as Error & { code?: string }
  if (name === 'TimeoutError') return new ApiError(`no answer within ${deadlineMs / 1000} s`, 0)
  return new ApiError(typeof code === 'string' ? `${code}: ${message}` : message, 0)
}
