import type { Lease } from '../../collectors/host.ts'
import { fault, ok, type Reading } from '../../collectors/reading.ts'
import type { Answer, Api, ApiError, Call } from './api.ts'
import { follow } from './follow.ts'
import type { KubernetesObject } from './watch.ts'

/** coordination.k8s.io/v1 Lease, as far as we look. */
interface LeaseObject extends KubernetesObject {
  readonly spec?: { readonly renewTime?: string; readonly leaseDurationSeconds?: number }
}

/** A Lease older than this share of its duration is asked for directly: a watch may lag or be cut off. */
const SUSPICIOUS_RATIO = 0.45
const PROBE_MS = 5_000
/** The Kubernetes SLO for requests about a single object; the renewals of the kubelet go the same way. */
const SLOW_MS = 1_000
/** A timer this late: the agent itself stood still. */
const PAUSE_MS = 5_000
/** What the kubelet asks for unless told otherwise. */
const DURATION_SECONDS = 40

/**
 * Follows the Lease that the kubelet renews every 10 s (KEP-589). Its age is counted by our own monotonic clock since we
 * saw it change, so that a wrong clock cannot make a node late. While it looks old it is asked for directly: a prompt
 * answer with the old time means that the kubelet is late, no answer that we or the API server are cut off.
 *
 * After an outage of the API server every Lease of the cluster is old until the kubelets have come back. So
 * `answeringForMs` tells for how long it has answered; it begins anew with every failed or slow answer, and after a
 * standstill of our own, in which the kubelet may have stood still too.
 */
export class LeaseFollower {
  readonly #api: Api
  readonly #now: () => number
  readonly #call: Call
  readonly #probeMs: number
  readonly #slowMs: number
  readonly #stopping = new AbortController()
  #seen: Seen | null = null
  /** Since when the API server has answered each time; null while it does not. */
  #answeringSinceMs: number | null = null
  #why: Reading<never> = fault('Timeout', 'the Lease was not read yet')
  #timer: NodeJS.Timeout | undefined

  /** `now`: monotonic ms. */
  constructor(api: Api, nodeName: string, now: () => number, { probeMs = PROBE_MS, slowMs = SLOW_MS } = {}) {
    this.#api = api
    this.#now = now
    this.#probeMs = probeMs
    this.#slowMs = slowMs
    this.#call = { verb: 'get', resource: 'leases', path: `${COLLECTION}/${nodeName}` }
    const followed = { resource: 'leases', collection: COLLECTION, name: nodeName }
    const listener = {
      onObject: (lease: LeaseObject | null) => this.#see(lease),
      onTrouble: (error: ApiError | null) => {
        if (error) this.#why = faultOf(error)
        this.#noteReach(error === null || isRefusal(error) ? 'promptly' : 'not')
      },
    }
    void follow<LeaseObject>(api, followed, listener, this.#stopping.signal)
  }

  stop(): void {
    this.#stopping.abort()
    clearTimeout(this.#timer)
  }

  /** Absent: this node has none. Another fault: it was never read, or may not be read any more. */
  read(): Reading<Lease> {
    if (this.#seen === null) return this.#why
    const { durationSeconds, atMs, renewals, probe, failure } = this.#seen
    if (failure !== null && isRefusal(failure)) return faultOf(failure)
    const nowMs = this.#now()
    return ok({
      durationSeconds,
      ageMs: nowMs - atMs,
      renewals,
      probe: probe && { ageMs: nowMs - probe.atMs, roundTripMs: probe.roundTripMs },
      apiError: failure && { code: failure.code, message: failure.message },
      answeringForMs: this.#answeringSinceMs === null ? null : nowMs - this.#answeringSinceMs,
    })
  }

  #noteReach(reach: Reach): void {
    const before = reach === 'promptly' ? this.#answeringSinceMs : null
    this.#answeringSinceMs = reach === 'not' ? null : (before ?? this.#now())
  }

  #see(object: LeaseObject | null): void {
    const renewTime = object?.spec?.renewTime
    if (renewTime === undefined) {
      this.#seen = null
      this.#why = fault('Absent', 'there is no Lease of this node')
      clearTimeout(this.#timer)
      return
    }
    if (renewTime === this.#seen?.renewTime) return
    const atMs = this.#now()
    const durationSeconds = object?.spec?.leaseDurationSeconds ?? DURATION_SECONDS
    const renewals = (this.#seen?.renewals ?? 0) + 1
    this.#seen = { renewTime, durationSeconds, atMs, renewals, probe: null, failure: null }
    this.#probeIn(durationSeconds * 1000 * SUSPICIOUS_RATIO)
  }

  #probeIn(ms: number): void {
    clearTimeout(this.#timer)
    const dueMs = this.#now() + ms
    this.#timer = setTimeout(() => {
      if (this.#now() - dueMs > PAUSE_MS) this.#noteReach('not')
      void this.#probe()
    }, ms).unref()
  }

  async #probe(): Promise<void> {
    const suspected = this.#seen?.renewTime
    let answer: Answer<LeaseObject> | ApiError
    try {
      answer = await this.#api.ask<LeaseObject>(this.#call, this.#stopping.signal)
    } catch (error) {
      answer = error as ApiError
    }
    if (this.#stopping.signal.aborted) return
    this.#noteReach(this.#reachOf(answer))
    // Renewed meanwhile, all is well; and this answer may be from before.
    if (this.#seen === null || this.#seen.renewTime !== suspected) return
    if (!(answer instanceof Error)) this.#see(answer.object)
    else if (answer.code === NOT_FOUND) this.#see(null)
    if (this.#seen?.renewTime === suspected) this.#note(this.#seen, answer)
  }

  #reachOf(answer: Answer<unknown> | ApiError): Reach {
    if (answer instanceof Error) return isRefusal(answer) ? 'promptly' : 'not'
    return answer.roundTripMs < this.#slowMs ? 'promptly' : 'slowly'
  }

  /** Still the same Lease, or none in the answer. */
  #note(seen: Seen, answer: Answer<LeaseObject> | ApiError): void {
    this.#seen =
      answer instanceof Error
        ? { ...seen, probe: null, failure: answer }
        : { ...seen, probe: { atMs: this.#now(), roundTripMs: answer.roundTripMs }, failure: null }
    this.#probeIn(this.#probeMs)
  }
}

/** How the API server answered just now. */
type Reach = 'promptly' | 'slowly' | 'not'

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
const NOT_FOUND = 404
const TOO_MANY_REQUESTS = 429

/** The API server is there and well, but does not let us read the Lease. */
const isRefusal = ({ code }: ApiError): boolean => code >= 400 && code < 500 && code !== TOO_MANY_REQUESTS

function faultOf(error: ApiError): Reading<never> {
  const code = error.code === NOT_FOUND ? 'Absent' : isRefusal(error) ? 'Denied' : 'Io'
  return fault(code, `the node's Lease: ${error.message}`)
}

/** One renewal as we saw it, and what direct questions since then came to. */
interface Seen {
  readonly renewTime: string
  readonly durationSeconds: number
  readonly atMs: number
  readonly renewals: number
  readonly probe: { readonly atMs: number; readonly roundTripMs: number } | null
  readonly failure: ApiError | null
}
