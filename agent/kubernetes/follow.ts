import { setTimeout as sleep } from 'node:timers/promises'
import type { Api, ApiError } from './api.ts'
import { type Followed, type KubernetesObject, list, type Retry, watch } from './watch.ts'

export interface FollowListener<T> {
  /**
   * Null: it does not exist (any more). `fresh`: as the server has it now, even if older than what was seen before (it was
   * restored from a backup); else an event of the watch, which may be on its way for some time.
   */
  onObject(object: T | null, fresh: boolean): void
  /** Every failed attempt, with the reason; null once it goes well again. */
  onTrouble(error: ApiError | null): void
}

const RETRY: Retry = { firstMs: 1_000, lastMs: 60_000 }

/**
 * Keeps one object current: listed by its name, then watched from that version on, listed again when the watch is lost (410
 * Gone). Failures are tried again with growing, jittered delays, for ever. Needs the verbs list and watch.
 *
 * Only a watch that works starts the delays anew. One that never does (forbidden, or cut by a proxy) stays a trouble, and
 * the object is as current as the last list.
 */
export async function follow<T extends KubernetesObject>(
  api: Api,
  followed: Followed,
  listener: FollowListener<T>,
  signal: AbortSignal,
  retry: Retry = RETRY,
): Promise<void> {
  let failures = 0
  let phase: 'list' | 'watch' | 'works' = 'list'
  /** The last watch failed before it had shown that it works. */
  let broken = false
  const onEvent = (object: T | null) => listener.onObject(object, false)
  const onWorks = () => {
    phase = 'works'
    failures = 0
    if (broken) listener.onTrouble(null)
    broken = false
  }
  while (!signal.aborted) {
    try {
      phase = 'list'
      const { version, object } = await list<T>(api, followed, signal)
      if (!broken) listener.onTrouble(null)
      listener.onObject(object, true)
      phase = 'watch'
      await watch<T>(api, followed, version, { onEvent, onWorks, signal, retry })
    } catch (error) {
      if (signal.aborted) return
      broken ||= phase === 'watch'
      const failure = error as ApiError
      listener.onTrouble(failure)
      await sleep(pauseMs(failure, ++failures, retry), undefined, { signal }).catch(() => undefined)
    }
  }
}

/** Of two states of one object. Resource versions are comparable (KEP-5504), and always were where etcd counts them. */
export function isOlder({ metadata: a }: KubernetesObject, { metadata: b }: KubernetesObject): boolean {
  const [left = '', right = ''] = [a.resourceVersion, b.resourceVersion]
  if (a.uid !== b.uid || !/^\d+$/.test(left) || !/^\d+$/.test(right)) return false
  return BigInt(left) < BigInt(right)
}

/** However long a server asks us to wait. */
const MOST_ASKED_MS = 5 * 60_000
/** Those who were told the same time must not come back together. */
const ASKED_SPREAD = 0.2

/**
 * The pause after the latest of so many failures in a row, ms: as long as the server asks for (Retry-After), within bounds,
 * and never shorter than if it had not asked.
 */
export function pauseMs({ retryAfterMs }: ApiError, failures: number, retry: Retry = RETRY): number {
  const askedMs = Math.min(retryAfterMs ?? 0, MOST_ASKED_MS) * (1 + ASKED_SPREAD * Math.random())
  return Math.max(askedMs, backoffMs(failures, retry))
}

/** Exponential with full jitter, at least a tenth of it. */
function backoffMs(failures: number, { firstMs, lastMs }: Retry = RETRY): number {
  const most = Math.min(lastMs, firstMs * 2 ** (failures - 1))
  return most * (0.1 + 0.9 * Math.random())
}
