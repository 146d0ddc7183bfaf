import { setTimeout as delay } from 'node:timers/promises'

/** Blocks this thread: only for undo steps, which must not depend on an event loop. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** How long at most, and how often it is looked. */
export interface Pace {
  limitMs?: number
  everyMs?: number
}

/**
 * The first answer of `probe` that is not undefined or false. The limit is generous and only there to end a test that
 * will never succeed; no test says how long something took.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  { limitMs = 120_000, everyMs = 100 }: Pace = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + limitMs
  let last: unknown
  while (performance.now() < deadline) {
    try {
      last = undefined
      const answer = await probe()
      if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>
    } catch (error) {
      last = error
    }
    await delay(everyMs)
  }
  throw new Error(`gave up waiting for: ${what}`, { cause: last })
}
