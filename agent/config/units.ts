import type { Unit } from '../signals.ts'

const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Go-style duration to ms: `500ms`, `90s`, `1h30m`. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) ms += Number(amount) * DURATION_MS[unit!]!
  return ms
}

const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const DECIMAL = ['k', 'M', 'G', 'T', 'P', 'E']

/** Kubernetes quantity to bytes: `300Mi`, `5G`, `1.5Gi`, `1024`. */
export function parseQuantity(text: string): number | undefined {
  const [, amount, suffix = ''] = /^(\d+(?:\.\d+)?)([KMGTPE]i|[kMGTPE])?$/.exec(text) ?? []
  if (amount === undefined) return undefined
  const power = suffix.endsWith('i') ? 1024 ** (BINARY.indexOf(suffix) + 1) : 1000 ** (DECIMAL.indexOf(suffix) + 1)
  return Number(amount) * power
}

/** Some ratios are of a line and may pass it; but who writes 80 means 80%. */
const MAX_RATIO = 10

/** What a threshold in this unit may look like, for error messages. */
const EXAMPLES: Record<Unit, string> = {
  ms: 'a number of ms or a duration such as 500ms or 5s',
  seconds: 'a number of seconds or a duration such as 90s or 4h',
  bytes: 'a number of bytes or a quantity such as 300Mi',
  bytesPerSecond: 'a number of bytes or a quantity such as 5Mi',
  ratio: 'a ratio such as 0.8 or a percentage such as 80%',
  count: 'a number',
  perSecond: 'a number',
}

/** A threshold in the signal's unit; throws an Error with what would be right. */
export function parseThreshold(value: number | string, unit: Unit): number {
  const parsed = typeof value === 'number' ? value : fromText(value.trim(), unit)
  const fits =
    parsed !== undefined && Number.isFinite(parsed) && parsed >= 0 && (unit !== 'ratio' || parsed <= MAX_RATIO)
  if (!fits) throw new Error(`${JSON.stringify(value)} is not ${EXAMPLES[unit]}`)
  return parsed
}

function fromText(text: string, unit: Unit): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  switch (unit) {
    case 'ms':
      return parseDuration(text)
    case 'seconds': {
      const ms = parseDuration(text)
      return ms === undefined ? undefined : ms / 1000
    }
    case 'bytes':
    case 'bytesPerSecond':
      return parseQuantity(text)
    case 'ratio':
      return /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : undefined
    default:
      return undefined
  }
}
