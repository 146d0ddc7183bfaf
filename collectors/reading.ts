/** What came of one attempt to read: a value, or a fault that says why there is none. */
export type Reading<T> =
  | {
      readonly ok: true
      readonly value: T /** What is missing in the value, e.g. the one mount that hangs. */
      readonly partial?: Fault
    }
  | { readonly ok: false; readonly fault: Fault }

/**
 * `Absent`: this kernel or machine does not have it (NotApplicable, not Unknown). `Denied`: permission.
 * `Malformed`: unexpected text. `TooLarge`: past the size cap. `Timeout`: no answer before the deadline. `Io`: anything else.
 */
export type FaultCode = 'Absent' | 'Denied' | 'Malformed' | 'TooLarge' | 'Timeout' | 'Io'

export interface Fault {
  readonly code: FaultCode
  readonly detail: string
}

export const ok = <T>(value: T): Reading<T> => ({ ok: true, value })

/** A value that lacks something; the rest is as good as ever. */
export const okBut = <T>(value: T, partial: Fault): Reading<T> => ({ ok: true, value, partial })

export const fault = (code: FaultCode, detail: string): { readonly ok: false; readonly fault: Fault } => ({
  ok: false,
  fault: { code, detail: sentence(detail) },
})

/** A path and a cause; what of a file's text gets in must not fill reports and logs. */
const MAX_DETAIL = 300

/** One line of bounded length without control characters, whatever was in the file. */
function sentence(detail: string): string {
  const printable = detail.slice(0, MAX_DETAIL).replace(/\p{Cc}/gu, '�')
  return detail.length > MAX_DETAIL ? `${printable}…` : printable
}

/** Thrown by parsers on text that they do not understand; becomes a `Malformed` fault at the edge of the collector. */
export class Malformed extends Error {}

/** Parses a reading's text. A parser that throws anything but Malformed is a bug, and is reported as such, not hidden. */
export function parsed<T>(path: string, text: Reading<string>, parse: (text: string) => T): Reading<T> {
  if (!text.ok) return text
  try {
    return ok(parse(text.value))
  } catch (error) {
    if (error instanceof Malformed) return fault('Malformed', `${path}: ${error.message}`)
    throw error
  }
}

/** A non-negative decimal integer as kernels print counters; throws Malformed on anything else. Above 2^53 precision is lost, not the value. */
export function counter(text: string | undefined, what: string): number {
  if (text === undefined || !/^\d{1,20}$/.test(text)) throw new Malformed(`${what} is ${quoted(text)}, not a counter`)
  return Number(text)
}

/** A hexadecimal counter without prefix, as per-CPU network statistics are printed. */
export function hexCounter(text: string | undefined, what: string): number {
  if (text === undefined || !/^[0-9a-f]{1,16}$/.test(text))
    throw new Malformed(`${what} is ${quoted(text)}, not a hexadecimal counter`)
  return Number.parseInt(text, 16)
}

/** A decimal number, possibly negative or with a fraction. */
export function decimal(text: string | undefined, what: string): number {
  if (text === undefined || !/^-?\d{1,20}(\.\d{1,20})?$/.test(text))
    throw new Malformed(`${what} is ${quoted(text)}, not a number`)
  return Number(text)
}

/** Text of a file for an error message: bounded, printable. */
export function quoted(text: string | undefined): string {
  return text === undefined ? 'missing' : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

/** Lines without the last line feed; an empty file is Malformed, because no kernel file that has lines prints none. */
export function lines(text: string): string[] {
  if (text.trim() === '') throw new Malformed('the file is empty')
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

/** Fields of a line, separated by any run of blanks. */
export const fields = (line: string): string[] => line.trim().split(/\s+/)
