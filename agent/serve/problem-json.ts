/** Errors of HTTP, in one table (RFC 9457 problem+json). `about:blank`: the status says what kind of problem it is. */
const ERRORS = {
  badRequest: { status: 400, title: 'Bad Request' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  notFound: { status: 404, title: 'Not Found' },
  methodNotAllowed: { status: 405, title: 'Method Not Allowed' },
  timeout: { status: 408, title: 'Request Timeout' },
  bodyTooLarge: { status: 413, title: 'Content Too Large' },
  tooManyRequests: { status: 429, title: 'Too Many Requests' },
  headersTooLarge: { status: 431, title: 'Request Header Fields Too Large' },
  internal: { status: 500, title: 'Internal Server Error' },
  unavailable: { status: 503, title: 'Service Unavailable' },
} as const

export type ErrorKind = keyof typeof ERRORS

export const PROBLEM_JSON = 'application/problem+json'

export interface ProblemJson {
  readonly type: 'about:blank'
  readonly status: number
  readonly title: string
  readonly detail: string
}

export function problemJson(kind: ErrorKind, detail: string): ProblemJson {
  return { type: 'about:blank', ...ERRORS[kind], detail }
}

/** Thrown by handlers; the detail is for the caller. */
export class HttpError extends Error {
  readonly kind: ErrorKind
  readonly headers: Readonly<Record<string, string>>

  constructor(kind: ErrorKind, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail)
    this.kind = kind
    this.headers = headers
  }
}

/** What an error of the framework is to the caller: its own fault by the status that the framework gives, or ours. */
export function kindOf(statusCode: number | undefined): ErrorKind {
  const entry = Object.entries(ERRORS).find(([, { status }]) => status === statusCode)
  if (entry) return entry[0] as ErrorKind
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'badRequest' : 'internal'
}
