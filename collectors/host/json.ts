import type { JsonKeys } from '../host.ts'
import { fault, ok, type Reading } from '../reading.ts'

/**
 * Of a JSON object only the scalars at the end of these keys, with the objects around them. Damaged JSON is not handed
 * out at all: it may hold what nobody is to see.
 */
export function pickJson(path: string, text: Reading<string>, keys: JsonKeys): Reading<string> {
  if (!text.ok) return text
  let value: unknown
  try {
    value = JSON.parse(text.value)
  } catch {
    return fault('Malformed', `${path}: the text is not JSON`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fault('Malformed', `${path}: not a JSON object`)
  const picked: Record<string, unknown> = {}
  for (const way of keys) pick(value as Tree, way, picked)
  return ok(JSON.stringify(picked))
}

type Tree = Readonly<Record<string, unknown>>

function pick(from: Tree, [key, ...rest]: readonly string[], to: Record<string, unknown>): void {
  if (key === undefined || !Object.hasOwn(from, key)) return
  const value = from[key]
  if (rest.length === 0) {
    if (typeof value !== 'object') to[key] = value
  } else if (typeof value === 'object' && value !== null) {
    to[key] ??= {}
    pick(value as Tree, rest, to[key] as Record<string, unknown>)
  }
}
