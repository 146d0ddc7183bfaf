import { createHash } from 'node:crypto'
import { type Api, ApiError, type Call } from '../kubernetes/api.ts'
import { FIELD_MANAGER } from './node.ts'
import type { Telling } from './tell.ts'

/** Whom events regard. */
export interface Regarding {
  readonly name: string
  /** Without the right one `kubectl describe node` does not show them. */
  readonly uid: string
}

/** A series: one Event object, told once or more. */
interface Series {
  readonly latest: Telling
  readonly firstWallMs: number
  readonly count: number
  /** How many of these the API server knows; 0: no Event object yet. */
  readonly sent: number
}

/** client-go's own numbers for a source that sends too much: so many at once, then one in 5 min. */
const KEY_BUCKET = { burst: 25, everyMs: 5 * 60_000 }
/** Sixty in the first hour. */
const NODE_BUCKET = { burst: 25, everyMs: 100_000 }
/** A pause as long as this, and it is another series. The API server itself forgets an event after an hour. */
const SERIES_MS = 30 * 60_000
/** Keys that are remembered, sent or not. */
const MAX_SERIES = 200

/** Tokens left, and when they were counted. */
interface Bucket {
  tokens: number
  atMs: number
}

/**
 * Events (events.k8s.io/v1, KEP-383) on their way to the API server: in series, bounded in rate and number, kept while the
 * server cannot be reached and sent late with their true time.
 */
export class EventQueue {
  /** Tellings that went into no Event: rate or memory was up. */
  dropped = 0
  readonly #series = new Map<string, Series & { bucket: Bucket }>()
  readonly #node: Bucket = { tokens: NODE_BUCKET.burst, atMs: 0 }

  add(telling: Telling, nowMs: number): void {
    const before = this.#series.get(telling.key)
    const bucket = before?.bucket ?? { tokens: KEY_BUCKET.burst, atMs: nowMs }
    const goesOn =
      before !== undefined && (before.sent < before.count || telling.wallMs - before.latest.wallMs < SERIES_MS)
    const series = goesOn
      ? { ...before, latest: telling, count: before.count + 1 }
      : { latest: telling, firstWallMs: telling.wallMs, count: 1, sent: 0, bucket }
    this.#series.delete(telling.key) // the newest stand last
    this.#series.set(telling.key, series)
    if (this.#series.size > MAX_SERIES) this.#forgetOldest()
  }

  /** Sends what may be sent now. Throws ApiError where the server does not take it; what was not sent stays. */
  async send(api: Api, regarding: Regarding, nowMs: number, signal: AbortSignal): Promise<void> {
    for (const [key, series] of this.#series) {
      if (!this.#maySend(series, nowMs)) continue
      try {
        await sendSeries(call => api.ask(call, signal), regarding, series)
      } catch (error) {
        if (!isHopeless(error)) throw error
        this.dropped++
      }
      series.bucket.tokens--
      this.#node.tokens--
      const now = this.#series.get(key)
      if (now?.firstWallMs === series.firstWallMs) this.#series.set(key, { ...now, sent: series.count })
    }
  }

  /** Not to be sent any more: it was told already. */
  forget(key: string): void {
    this.#series.delete(key)
  }

  isWaiting(nowMs: number): boolean {
    return [...this.#series.values()].some(series => this.#maySend(series, nowMs))
  }

  #maySend({ sent, count, bucket }: Series & { bucket: Bucket }, nowMs: number): boolean {
    if (sent === count) return false
    refill(bucket, KEY_BUCKET, nowMs)
    refill(this.#node, NODE_BUCKET, nowMs)
    return bucket.tokens >= 1 && this.#node.tokens >= 1
  }

  #forgetOldest(): void {
    const [key, { count, sent }] = this.#series.entries().next().value!
    this.dropped += count - sent
    this.#series.delete(key)
  }
}

/** The server will never take it: it must not stand in the way of the others. */
const isHopeless = (error: unknown): boolean => error instanceof ApiError && [400, 413, 422].includes(error.code)

function refill(bucket: Bucket, { burst, everyMs }: typeof KEY_BUCKET, nowMs: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / everyMs)
  bucket.atMs = nowMs
}

/** Events of a Node stand in `default`, where kubectl looks for them. */
const COLLECTION = '/apis/events.k8s.io/v1/namespaces/default/events'

async function sendSeries(ask: (call: Call) => Promise<unknown>, regarding: Regarding, series: Series): Promise<void> {
  const name = nameOf(regarding, series)
  if (series.sent > 0 || series.count > 1) {
    try {
      await ask(patchOf(name, series))
      return
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error // expired: it begins anew
    }
  }
  try {
    await ask(createOf(name, regarding, series))
  } catch (error) {
    // Told already, by a run of the agent before this one.
    if (!(error instanceof ApiError) || error.code !== 409) throw error
  }
}

/** The same for the same beginning: a lost answer or a restart of the agent makes no second one. */
function nameOf({ name, uid }: Regarding, { latest, firstWallMs }: Series): string {
  const hash = createHash('sha256').update(`${uid} ${latest.key} ${firstWallMs}`).digest('hex').slice(0, 16)
  return `${name.slice(0, MAX_NAME - hash.length - 1)}.${hash}`
}

const MAX_NAME = 253
const MAX_INSTANCE = 128

const createOf = (name: string, regarding: Regarding, { latest, firstWallMs, count }: Series): Call => ({
  verb: 'create',
  resource: 'events',
  path: COLLECTION,
  query: { fieldManager: FIELD_MANAGER },
  body: {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    eventTime: microTime(firstWallMs),
    reportingController: FIELD_MANAGER,
    reportingInstance: regarding.name.slice(0, MAX_INSTANCE),
    action: latest.type === 'Warning' ? 'ProblemBegan' : 'ProblemEnded',
    reason: latest.reason,
    regarding: { apiVersion: 'v1', kind: 'Node', name: regarding.name, uid: regarding.uid },
    note: latest.note,
    type: latest.type,
    ...(count > 1 ? { series: seriesOf(latest, count) } : {}),
  },
})

const patchOf = (name: string, { latest, count }: Series): Call => ({
  verb: 'patch',
  resource: 'events',
  path: `${COLLECTION}/${name}`,
  query: { fieldManager: FIELD_MANAGER },
  contentType: 'application/merge-patch+json',
  // All else of an Event is immutable: the words are those of the first time.
  body: { series: seriesOf(latest, count) },
})

const seriesOf = ({ wallMs }: Telling, count: number) => ({ count, lastObservedTime: microTime(wallMs) })

/** metav1.MicroTime: RFC 3339 with microseconds. */
const microTime = (wallMs: number): string => new Date(wallMs).toISOString().replace('Z', '000Z')
