import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, ApiError } from './api.ts'

/** What every object of the API has, as far as we look. */
export interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string }
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

interface ListOf<T> {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly T[]
}

/** One object of the API: its collection, and its name therein. */
export interface Followed {
  /** As RBAC spells it. */
  readonly resource: string
  /** `/api/v1/nodes` */
  readonly collection: string
  readonly name: string
}

export interface FollowListener<T> {
  /**
   * Null: it does not exist (any more). `fresh`: as the server has it now, even if older than what was seen before (it was
   * restored from a backup); else an event of the watch, which may be on its way for some time.
   */
  onObject(object: T | null, fresh: boolean): void
  /** Every failed attempt, with the reason; null once it goes well again. */
  onTrouble(error: ApiError | null): void
}

/** From the first to the longest pause before another attempt. */
interface Retry {
  readonly firstMs: number
  readonly lastMs: number
}

const RETRY: Retry = { firstMs: 1_000, lastMs: 60_000 }
/** The server ends a watch after this; spread, so that a fleet does not come back at once. */
const WATCH_SECONDS = { least: 300, spread: 300 }

/**
 * Keeps one object current: listed by its name, then watched from that version on, listed again when the watch is lost (410
 * Gone). Failures are tried again with growing, jittered delays, for ever. Needs the verbs list and watch.
 */
export async function follow<T extends KubernetesObject>(
  api: Api,
  followed: Followed,
  listener: FollowListener<T>,
  signal: AbortSignal,
  retry: Retry = RETRY,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      await once<T>(api, followed, {
        onObject(object, fresh) {
          failures = 0
          listener.onTrouble(null)
          listener.onObject(object, fresh)
        },
        signal,
      })
    } catch (error) {
      if (signal.aborted) return
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
export function backoffMs(failures: number, { firstMs, lastMs }: Retry = RETRY): number {
  const most = Math.min(lastMs, firstMs * 2 ** (failures - 1))
  return most * (0.1 + 0.9 * Math.random())
}

async function once<T extends KubernetesObject>(
  api: Api,
  { resource, collection, name }: Followed,
  { onObject, signal }: { onObject: FollowListener<T>['onObject']; signal: AbortSignal },
): Promise<void> {
  const fieldSelector = `metadata.name=${name}`
  const { object: list } = await api.ask<ListOf<T>>(
    { verb: 'list', resource, path: collection, query: { fieldSelector } },
    signal,
  )
  onObject(list.items[0] ?? null, true)
  // Of the list, not of the object: what has not changed for long is too old to watch from.
  let version = list.metadata.resourceVersion
  while (!signal.aborted) {
    const timeoutSeconds = Math.round(WATCH_SECONDS.least + WATCH_SECONDS.spread * Math.random())
    const query = {
      watch: 'true',
      fieldSelector,
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(timeoutSeconds),
    }
    const begun = performance.now()
    await api.watch(
      { verb: 'watch', resource, path: collection, query },
      event => {
        const { type, object: seen } = event as WatchEvent<T>
        if (type === 'ERROR') throw gone(seen)
        version = seen.metadata.resourceVersion ?? version
        if (type !== 'BOOKMARK') onObject(type === 'DELETED' ? null : seen, false)
      },
      signal,
    )
    // Whoever ends watches at once (a proxy) must not be asked in a loop.
    if (performance.now() - begun < RETRY.firstMs) throw new ApiError('the watch ended at once', 0)
  }
}

/** A Status object in place of an event: 410 where the version is too old to go on from. */
function gone(status: unknown): ApiError {
  const { code = 0, message = 'the watch failed' } = status as { code?: number; message?: string }
  return new ApiError(message, code)
}
