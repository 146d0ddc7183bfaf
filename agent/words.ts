import type { Unit } from './signals.ts'

/** Numbers as people read them in a sentence. */

/** `85 ms`, `11.2 s`, `3 min`, `4.5 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? trim(ms, 1) : Math.round(ms)} ms`
  if (ms < 120_000) return `${trim(ms / 1000, 1)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${trim(ms / 3_600_000, 1)} h`
}

/** `59.0 MB/s` is decimal in the field; sizes are binary: `12.0 GiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const power = Math.min(Math.floor(Math.log2(Math.max(Math.abs(count), 1)) / 10), units.length - 1)
  return `${trim(count / 1024 ** power, 1)} ${units[power]}`
}

export function bytesPerSecond(rate: number): string {
  const units = ['B/s', 'kB/s', 'MB/s', 'GB/s']
  const power = Math.min(Math.floor(Math.log10(Math.max(Math.abs(rate), 1)) / 3), units.length - 1)
  return `${trim(rate / 1000 ** power, 1)} ${units[power]}`
}

/** `93 %`, `4.2 %`. */
export const percent = (ratio: number): string => `${trim(ratio * 100, ratio < 0.1 ? 1 : 0)} %`

/** `31/s`, `0.4/s`. */
export const perSecond = (rate: number): string => `${trim(rate, rate < 0.1 ? 3 : rate < 10 ? 1 : 0)}/s`

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const trim = (value: number, digits: number): string =>
  value
    .toFixed(digits)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')

/** A value or level in its unit. */
export function valueText(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return duration(value)
    case 'seconds':
      return duration(value * 1000)
    case 'bytes':
      return bytes(value)
    case 'bytesPerSecond':
      return bytesPerSecond(value)
    case 'ratio':
      return percent(value)
    case 'perSecond':
      return perSecond(value)
    case 'count':
      return String(Math.round(value * 100) / 100)
  }
}
