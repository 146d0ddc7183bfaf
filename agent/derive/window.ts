/** An observation with the monotonic time at which it was made. */
export interface Timed {
  readonly atMs: number
}

/** The window with one more entry at its end and those older than `spanMs` before it gone. */
export function slide<T extends Timed>(window: readonly T[], next: T, spanMs: number): readonly T[] {
  const first = window.findIndex(entry => next.atMs - entry.atMs <= spanMs)
  return first === -1 ? [next] : [...window.slice(first), next]
}

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
