import type { Logger } from 'pino'
import { type Api, ApiError } from '../kubernetes/api.ts'
import { backoffMs, follow } from '../kubernetes/follow.ts'
import { isoTime, type Report } from '../report.ts'
import { EventQueue } from './events.ts'
import { FIELD_MANAGER, isLeaving, isOlder, lastWrittenAs, type NodeCondition, type NodeObject } from './node.ts'
import { afterWrite, type Pace, type Plan, planWrite, startPace } from './plan.ts'
import { RivalWatch } from './rival.ts'
import { type Tellable, type Told, tellChanges } from './tell.ts'
import { hasLasted, type Moment, type Policy, type Traits, wantedConditions } from './wanted.ts'

/** The API server out of reach for as long as this is an outage. */
const OUTAGE_MS = 30_000
/** As often as the kubelet and node-problem-detector. */
const HEARTBEAT_MS = 5 * 60_000
const HEARTBEAT_JITTER = 0.1
/** A condition whose evidence is older gets no heartbeat. */
const FRESH_INTERVALS = 2

export interface PublisherSettings {
  readonly nodeName: string
  readonly intervalMs: number
  readonly policy: Policy
  readonly traits: ReadonlyMap<string, Traits>
  readonly tellable: Tellable
  /** The first write after a start or an outage waits up to this, so that a fleet does not write all at once. */
  readonly spreadMs: number
}

interface Attempts {
  failures: number
  notBeforeMs: number
}

/**
 * Brings the last report to the Node object and into events. It follows the own Node, compares what stands there with what
 * should, and writes at the pace of `planWrite`, one call at a time. What fails is tried again; nobody waits for it.
 */
export class Publisher {
  readonly #api: Api
  readonly #settings: PublisherSettings
  readonly #log: Logger
  readonly #now: () => number
  readonly #events = new EventQueue()
  readonly #rival = new RivalWatch()
  readonly #stopping = new AbortController()
  readonly #judgingSinceMs: number
  #report: Report | null = null
  #node: NodeObject | null = null
  /** The conditions that stood on the Node when it was first read. */
  #found: readonly NodeCondition[] | null = null
  #told: Told = new Map()
  #pace: Pace
  /** Apart: events that are refused must not keep conditions from being written. */
  readonly #attempts: Readonly<Record<'conditions' | 'events', Attempts>>
  #lostSinceMs: number | null = null
  #lastWriteWallMs: number | null = null
  #trouble = ''
  #busy = false
  #timer: NodeJS.Timeout | undefined

  /** `now`: monotonic ms since boot. */
  constructor(api: Api, settings: PublisherSettings, log: Logger, now: () => number) {
    this.#api = api
    this.#settings = settings
    this.#log = log
    this.#now = now
    this.#judgingSinceMs = now()
    this.#pace = startPace(now())
    const notBeforeMs = now() + settings.spreadMs * Math.random()
    this.#attempts = { conditions: { failures: 0, notBeforeMs }, events: { failures: 0, notBeforeMs } }
  }

  start(): void {
    const { nodeName } = this.#settings
    const listener = {
      onObject: (node: NodeObject | null) => this.#seeNode(node),
      onTrouble: (error: ApiError | null) => this.#seeReach(error),
    }
    const node = { resource: 'nodes', collection: '/api/v1/nodes', name: nodeName }
    void follow<NodeObject>(this.#api, node, listener, this.#stopping.signal)
  }

  stop(): void {
    this.#stopping.abort()
    clearTimeout(this.#timer)
  }

  see(report: Report): void {
    this.#report = report
    this.#tell(report)
    this.#wake()
  }

  get status(): Report['publishing'] {
    return {
      enabled: true,
      detail: this.#trouble || (this.#node === null ? `node ${this.#settings.nodeName} was not read yet` : 'published'),
      ...(this.#lastWriteWallMs === null ? {} : { lastWriteTime: isoTime(this.#lastWriteWallMs) }),
    }
  }

  #seeNode(node: NodeObject | null): void {
    if (node && this.#node && isOlder(node, this.#node)) return // on its way while we wrote
    if (node === null && this.#node !== null)
      this.#log.warn('the Node object is gone: nothing is published until it is back')
    if (node && !this.#busy && this.#rival.look(lastWrittenAs(node), this.#now())) this.#log.warn(RIVAL)
    this.#found ??= node?.status?.conditions ?? null
    this.#node = node
    this.#wake()
  }

  #seeReach(error: ApiError | null): void {
    const nowMs = this.#now()
    if (error === null) {
      if (this.#lostSinceMs !== null && nowMs - this.#lostSinceMs >= OUTAGE_MS)
        this.#attempts.conditions.notBeforeMs = nowMs + this.#settings.spreadMs * Math.random()
      this.#lostSinceMs = null
    } else this.#lostSinceMs ??= nowMs
    this.#noteTrouble('the Node cannot be followed', error)
  }

  #tell(report: Report): void {
    const { policy, tellable } = this.#settings
    const moment = this.#moment()
    const leaving = this.#node !== null && isLeaving(this.#node)
    const { told, tellings } = tellChanges(this.#told, report.problems, {
      wallMs: moment.wallMs,
      tellable,
      isDue: problem => (leaving ? problem.severity === 'critical' : true) && hasLasted(problem, policy, moment),
    })
    this.#told = told
    for (const telling of tellings) this.#events.add(telling, this.#now())
  }

  #moment(): Moment {
    const nowMs = this.#now()
    return { wallMs: Date.now(), uptimeMs: nowMs, judgingForMs: nowMs - this.#judgingSinceMs }
  }

  /** Writes if it is time, else comes back when it will be. */
  #wake(): void {
    if (this.#busy || this.#stopping.signal.aborted || this.#node === null || this.#report === null) return
    clearTimeout(this.#timer)
    const nowMs = this.#now()
    const plan = this.#plan(this.#report, this.#node)
    const { conditions, events } = this.#attempts
    const atMs = Math.max(plan.entries.length > 0 ? plan.atMs : Number.POSITIVE_INFINITY, conditions.notBeforeMs)
    if (atMs <= nowMs) void this.#work(conditions, () => this.#write(plan))
    else if (nowMs >= events.notBeforeMs && this.#events.isWaiting(nowMs)) void this.#work(events, () => this.#send())
    else if (atMs !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#wake(), atMs - nowMs).unref()
  }

  #plan(report: Report, node: NodeObject): Plan {
    const { intervalMs } = this.#settings
    const wanted = wantedConditions(report, node, {
      ...this.#settings,
      moment: this.#moment(),
      found: this.#found ?? [],
    })
    const isFresh = ({ lastHeartbeatTime }: NodeCondition) =>
      Date.parse(report.time) - Date.parse(lastHeartbeatTime ?? '') <= FRESH_INTERVALS * intervalMs + 1000
    const plan = planWrite(wanted, node, this.#pace, isFresh)
    return this.#rival.isThere(this.#now()) ? { ...plan, atMs: Math.max(plan.atMs, this.#pace.heartbeatAtMs) } : plan
  }

  async #work(attempts: Attempts, work: () => Promise<void>): Promise<void> {
    this.#busy = true
    try {
      await work()
      attempts.failures = 0
      this.#noteTrouble('', null)
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError(String(error), 0)
      attempts.notBeforeMs = this.#now() + (failure.retryAfterMs ?? backoffMs(++attempts.failures))
      this.#noteTrouble('publishing failed', failure)
    } finally {
      this.#busy = false
    }
    this.#timer = setTimeout(() => this.#wake(), 0).unref()
  }

  async #write({ entries, kind }: Plan): Promise<void> {
    const { object } = await this.#api.ask<NodeObject>(
      {
        verb: 'patch',
        resource: 'nodes/status',
        path: `/api/v1/nodes/${this.#settings.nodeName}/status`,
        query: { fieldManager: FIELD_MANAGER },
        contentType: 'application/strategic-merge-patch+json',
        body: { status: { conditions: entries } },
      },
      this.#stopping.signal,
    )
    const nowMs = this.#now()
    const heartbeatMs = HEARTBEAT_MS * (1 + HEARTBEAT_JITTER * (2 * Math.random() - 1))
    this.#pace = afterWrite(this.#pace, kind, nowMs, nowMs + heartbeatMs)
    this.#node = object
    this.#rival.wrote(lastWrittenAs(object))
    this.#lastWriteWallMs = Date.now()
  }

  #send(): Promise<void> {
    const { name, uid = '' } = this.#node!.metadata
    return this.#events.send(this.#api, { name, uid }, this.#now(), this.#stopping.signal)
  }

  /** Each trouble once, and its end. */
  #noteTrouble(what: string, error: ApiError | null): void {
    const trouble = error === null ? (this.#rival.isThere(this.#now()) ? RIVAL : '') : `${what}: ${error.message}`
    if (trouble === this.#trouble) return
    if (error !== null) this.#log.warn({ code: error.code }, trouble)
    else if (this.#trouble !== '') this.#log.info('publishing goes on')
    this.#trouble = trouble
  }
}

const RIVAL =
  'another agent writes the conditions of this node under our name: look for a second DaemonSet; what it writes is not mended'
