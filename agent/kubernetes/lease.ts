import type { Lease } from '../../collectors/host.ts'
import { fault, ok, type Reading } from '../../collectors/reading.ts'
import type { Answer, Api, ApiError, Call, Observed } from './api.ts'
import { follow, isOlder } from './follow.ts'
import { type KubernetesObject, requireObject } from './watch.ts'

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
 * `answeringForMs` tells for how long it has answered; it begins anew with every failed or slow answer, to whatever we
 * ask or write, and after a standstill of our own, in which the kubelet may have stood still too.
 */
export class LeaseFollower {
  readonly #api: Api
  readonly #nodeName: string
  readonly #now: () => number
  readonly #options: Options
  readonly #stopping = new AbortController()
  #seen: Seen | null = null
  /** The newest state of the object. */
  #latest: LeaseObject | null = null
  /** Since when the API server has answered each time; null while it does not. */
  #answeringSinceMs: number | null = null
  /** The last write of ours failed: a renewal would too. */
  #cannotWrite = false
  #why: Reading<never> = fault('Timeout', 'the Lease was not read yet')
  #warned = false
  #timer: NodeJS.Timeout | undefined

  /** `now`: monotonic ms. */
  constructor(api: Api, nodeName: string, now: () => number, options: Partial<Options> = {}) {
    this.#api = api
    this.#nodeName = nodeName
    this.#now = now
    this.#options = { probeMs: PROBE_MS, slowMs: SLOW_MS, warn: () => undefined, ...options }
  }

  start(): void {
    const followed = { resource: 'leases', collection: COLLECTION, name: this.#nodeName }
    const listener = {
      onObject: (lease: LeaseObject | null, fresh: boolean) => {
        // Overtaken by the answer to a question.
        if (!fresh && lease && this.#latest && isOlder(lease, this.#latest)) return
        this.#see(lease)
      },
      onTrouble: (error: ApiError | null) => {
        if (error) this.#why = faultOf(error)
        this.#noteReach(error)
      },
    }
    void follow<LeaseObject>(this.#api, followed, listener, this.#stopping.signal)
  }

  stop(): void {
    this.#stopping.abort()
    clearTimeout(this.#timer)
  }

  /** Absent: this node has none. Another fault: it was never read, or may not be read any more. */
  read(): Reading<Lease> {
    if (this.#seen === null) return this.#why
    const { durationSeconds, atMs, renewals, probe, failure } = this.#seen
    if (failure !== null && !isFailure(failure.code)) return faultOf(failure)
    const nowMs = this.#now()
    return ok({
      durationSeconds,
      ageMs: nowMs - atMs,
      renewals,
      probe: probe && { ageMs: nowMs - probe.atMs, roundTripMs: probe.roundTripMs },
      apiError: failure && { code: failure.code, message: failure.message },
      answeringForMs: this.#answeringSinceMs === null || this.#cannotWrite ? null : nowMs - this.#answeringSinceMs,
    })
  }

  /** What another call of ours came to: an API server that fails us may fail the kubelet. */
  witness({ verb, resource, code, durationMs }: Observed): void {
    if (resource === 'leases' || verb === 'watch') return
    const failed = isFailure(code)
    if (failed || durationMs >= this.#options.slowMs || this.#cannotWrite) this.#beginAnew()
    if (verb === 'create' || verb === 'patch') this.#cannotWrite = failed
  }

  #beginAnew(): void {
    if (this.#answeringSinceMs !== null) this.#answeringSinceMs = this.#now()
  }

  /** An answer (null), or why there was none. */
  #noteReach(error: ApiError | null): void {
    this.#answeringSinceMs = error !== null && isFailure(error.code) ? null : (this.#answeringSinceMs ?? this.#now())
    if (error === null || faultCode(error) !== 'Denied' || this.#warned) return
    this.#warned = true
    this.#options.warn(`the node's Lease may not be read, so nobody watches the kubelet's heartbeat: ${error.message}`)
  }

  #see(object: LeaseObject | null): void {
    this.#latest = object
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
      if (this.#now() - dueMs > PAUSE_MS) this.#answeringSinceMs = null
      void this.#probe()
    }, ms).unref()
  }

  async #probe(): Promise<void> {
    const suspected = this.#seen?.renewTime
    const answer = await this.#ask()
    if (this.#stopping.signal.aborted) return
    this.#noteReach(answer instanceof Error ? answer : null)
    if (!(answer instanceof Error) && answer.roundTripMs >= this.#options.slowMs) this.#beginAnew()
    // Renewed meanwhile, all is well; and this answer may be from before.
    if (this.#seen === null || this.#seen.renewTime !== suspected) return
    if (!(answer instanceof Error)) this.#see(answer.object)
    if (this.#seen?.renewTime === suspected) this.#note(this.#seen, answer)
  }

  async #ask(): Promise<Answer<LeaseObject> | ApiError> {
    const call: Call = { verb: 'get', resource: 'leases', path: `${COLLECTION}/${this.#nodeName}` }
    try {
      const answer = await this.#api.ask<unknown>(call, this.#stopping.signal)
      return { ...answer, object: requireObject<LeaseObject>(answer.object, this.#nodeName) }
    } catch (error) {
      return error as ApiError
    }
  }

  /** Still the same Lease, or none in the answer. */
  #note(seen: Seen, answer: Answer<LeaseObject> | ApiError): void {
    this.#seen =
      answer instanceof Error
        ? { ...seen, probe: null, failure: answer }
        : { ...seen, probe: { atMs: this.#now(), roundTripMs: answer.roundTripMs }, failure: null }
    this.#probeIn(this.#options.probeMs)
  }
}

interface Options {
  /** From one question to the next. */
  readonly probeMs: number
  /** An answer as late as this is slow. */
  readonly slowMs: number
  warn(message: string): void
}

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
const TOO_MANY_REQUESTS = 429

/** No answer, or an error of the API server itself. Else it is there and well, and may not let us read the Lease. */
const isFailure = (code: number): boolean => code === 0 || code === TOO_MANY_REQUESTS || code >= 500

/** That there is no Lease only a list can tell. */
const faultCode = ({ code }: ApiError) => (code === 401 || code === 403 ? 'Denied' : 'Io')

const faultOf = (error: ApiError): Reading<never> => fault(faultCode(error), `the node's Lease: ${error.message}`)

/** One renewal as we saw it, and what direct questions since then came to. */
interface Seen {
  readonly renewTime: string
  readonly durationSeconds: number
  readonly atMs: number
  readonly renewals: number
  readonly probe: { readonly atMs: number; readonly roundTripMs: number } | null
  readonly failure: ApiError | null
}
