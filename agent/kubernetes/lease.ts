import type { Lease } from '../../collectors/host.ts'
import { fault, ok, type Reading } from '../../collectors/reading.ts'
import type { Api, ApiError, Call } from './api.ts'
import { follow, type KubernetesObject } from './follow.ts'

/** coordination.k8s.io/v1 Lease, as far as we look. */
interface LeaseObject extends KubernetesObject {
  readonly spec?: { readonly renewTime?: string; readonly leaseDurationSeconds?: number }
}

/** A Lease older than this share of its duration is asked for directly: a watch may lag or be cut off. */
const SUSPICIOUS_RATIO = 0.45
const PROBE_MS = 5_000
/** An answer too: the watch has to begin anew. */
const GONE = 410
/** What the kubelet asks for unless told otherwise. */
const DURATION_SECONDS = 40

/**
 * Follows the Lease that the kubelet renews every 10 s (KEP-589). Its age is counted by our own monotonic clock since we
 * saw it change, so that a wrong clock cannot make a node late. While it looks old it is asked for directly: an answer
 * with the old time means that the kubelet is late, no answer that we or the API server are cut off.
 */
export class LeaseFollower {
  readonly #api: Api
  readonly #now: () => number
  readonly #call: Call
  readonly #probeMs: number
  readonly #stopping = new AbortController()
  #seen: Seen | null = null
  /** Since when the API server has answered each time; null while it does not. */
  #answeringSinceMs: number | null = null
  #why = 'not read yet'
  #timer: NodeJS.Timeout | undefined

  /** `now`: monotonic ms. */
  constructor(api: Api, nodeName: string, now: () => number, probeMs = PROBE_MS) {
    this.#api = api
    this.#probeMs = probeMs
    this.#now = now
    this.#call = { verb: 'get', resource: 'leases', path: `${COLLECTION}/${nodeName}` }
    const followed = { resource: 'leases', collection: COLLECTION, name: nodeName }
    const listener = {
      onObject: (lease: LeaseObject | null) => this.#see(lease),
      onTrouble: (error: ApiError | null) => {
        this.#why = error?.message ?? this.#why
        this.#noteReach(error === null || error.code === GONE)
      },
    }
    void follow<LeaseObject>(api, followed, listener, this.#stopping.signal)
  }

  stop(): void {
    this.#stopping.abort()
    clearTimeout(this.#timer)
  }

  /** Absent: this node has none, or it could not be read yet. */
  read(): Reading<Lease> {
    if (this.#seen === null) return fault('Absent', `the node's Lease: ${this.#why}`)
    const { durationSeconds, atMs, renewals, probe, apiError } = this.#seen
    const nowMs = this.#now()
    return ok({
      durationSeconds,
      ageMs: nowMs - atMs,
      renewals,
      probe: probe && { ageMs: nowMs - probe.atMs, roundTripMs: probe.roundTripMs },
      apiError,
      answeringForMs: this.#answeringSinceMs === null ? null : nowMs - this.#answeringSinceMs,
    })
  }

  #noteReach(answered: boolean): void {
    this.#answeringSinceMs = answered ? (this.#answeringSinceMs ?? this.#now()) : null
  }

  #see(object: LeaseObject | null): void {
    const renewTime = object?.spec?.renewTime
    if (renewTime === undefined) {
      this.#seen = null
      this.#why = 'there is none'
      return
    }
    if (renewTime === this.#seen?.renewTime) return
    const durationSeconds = object?.spec?.leaseDurationSeconds ?? DURATION_SECONDS
    const renewals = (this.#seen?.renewals ?? 0) + 1
    this.#seen = { renewTime, durationSeconds, atMs: this.#now(), renewals, probe: null, apiError: null }
    this.#probeIn(durationSeconds * 1000 * SUSPICIOUS_RATIO)
  }

  #probeIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#probe(), ms).unref()
  }

  async #probe(): Promise<void> {
    const suspected = this.#seen?.renewTime
    const note = (found: Pick<Seen, 'probe' | 'apiError'>) => {
      // Renewed meanwhile, all is well.
      if (this.#seen === null || this.#seen.renewTime !== suspected) return
      this.#seen = { ...this.#seen, ...found }
      this.#probeIn(this.#probeMs)
    }
    try {
      const { object, roundTripMs } = await this.#api.ask<LeaseObject>(this.#call, this.#stopping.signal)
      this.#noteReach(true)
      this.#see(object)
      note({ probe: { atMs: this.#now(), roundTripMs }, apiError: null })
    } catch (error) {
      this.#noteReach(false)
      if (!this.#stopping.signal.aborted) note({ probe: null, apiError: (error as ApiError).message })
    }
  }
}

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'

/** One renewal as we saw it, and what direct questions since then came to. */
interface Seen {
  readonly renewTime: string
  readonly durationSeconds: number
  readonly atMs: number
  readonly renewals: number
  readonly probe: { readonly atMs: number; readonly roundTripMs: number } | null
  readonly apiError: string | null
}
