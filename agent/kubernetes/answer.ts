import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** A Node object with its images and managed fields is some 30 KB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024

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

/** The server's own words, as in its Status object. */
export async function refusal(response: IncomingMessage, code: number): Promise<ApiError> {
  const text = await readBody(response).catch(() => '')
  let message: string = response.statusMessage || `HTTP ${code}`
  try {
    const said = (JSON.parse(text) as { message?: unknown }).message
    if (typeof said === 'string' && said !== '') message = said
  } catch {
    // a proxy's page, say
  }
  return new ApiError(message, code, retryAfter(response.headers))
}

/** RFC 9110: seconds, or a date, which is of the server's clock. */
function retryAfter({ 'retry-after': after = '', date = '' }: IncomingHttpHeaders): number | null {
  if (/^\d+$/.test(after)) return Number(after) * 1000
  if (!after.endsWith(' GMT')) return null
  const ms = Date.parse(after) - (Date.parse(date) || Date.now())
  return Number.isNaN(ms) ? null : Math.max(ms, 0)
}

export async function readBody(response: IncomingMessage): Promise<string> {
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

export async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    if (rest.length > MAX_BODY_BYTES) throw new ApiError(`an event is larger than ${MAX_BODY_BYTES} bytes`, 0)
    yield* lines
  }
}

export function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new ApiError('the answer is not JSON', 0)
  }
}

export function asApiError(error: unknown, deadlineMs: number): ApiError {
  if (error instanceof ApiError) return error
  const { name, code, message } = error as Error & { code?: string }
  if (name === 'TimeoutError') return new ApiError(`no answer within ${deadlineMs / 1000} s`, 0)
  return new ApiError(typeof code === 'string' ? `${code}: ${message}` : message, 0)
}
