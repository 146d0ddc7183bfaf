import type { Logger } from 'pino'
import { type Api, ApiError } from '../kubernetes/api.ts'
import { follow, isOlder, pauseMs } from '../kubernetes/follow.ts'
import { isoTime, type Report, type ReportedProblem, ruleOf } from '../report.ts'
import { EventQueue } from './events.ts'
import { asNode, FIELD_MANAGER, isLeaving, lastWrittenAs, type NodeCondition, type NodeObject } from './node.ts'
import { afterWrite, type Pace, type Plan, planWrite, startPace } from './plan.ts'
import { RivalWatch } from './rival.ts'
import { type Tellable, type Told, tellChanges } from './tell.ts'
import { Troubles } from './troubles.ts'
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
  readonly #now: () => number
  readonly #events = new EventQueue()
  readonly #rival = new RivalWatch()
  readonly #troubles: Troubles
  readonly #stopping = new AbortController()
  readonly #judgingSinceMs: number
  readonly #bootWallMs: number
  /** When each problem was first seen here, by id and beginning. */
  #watched = new Map<string, number>()
  #report: Report | null = null
  #node: NodeObject | null = null
  /** The conditions that stood on the Node when it was first read. */
  #found: Found | null = null
  /** The Node as our last write left it. */
  #written: NodeObject | null = null
  #told: Told = new Map()
  #pace: Pace
  /** Apart: events that are refused must not keep conditions from being written. */
  readonly #attempts: Readonly<Record<'conditions' | 'events', Attempts>>
  #lostSinceMs: number | null = null
  #lastWriteWallMs: number | null = null
  #busy = false
  #timer: NodeJS.Timeout | undefined

  /** `now`: monotonic ms since boot. */
  constructor(api: Api, settings: PublisherSettings, log: Logger, now: () => number) {
    this.#api = api
    this.#settings = settings
    this.#troubles = new Troubles(log)
    this.#now = now
    this.#judgingSinceMs = now()
    this.#bootWallMs = Date.now() - now()
    this.#pace = startPace(now())
    const notBeforeMs = this.#spread()
    this.#attempts = { conditions: { failures: 0, notBeforeMs }, events: { failures: 0, notBeforeMs } }
  }

  start(): void {
    const { nodeName } = this.#settings
    const listener = {
      onObject: (node: NodeObject | null, fresh: boolean) => this.#seeNode(node && asNode(node, nodeName), fresh),
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
    this.#watch(report)
    this.#tell(report)
    this.#wake()
  }

  get status(): Report['publishing'] {
    const unread = this.#node === null ? `node ${this.#settings.nodeName} was not read yet, or is gone` : ''
    return {
      enabled: true,
      detail: this.#troubles.first || unread || 'published',
      ...(this.#lastWriteWallMs === null ? {} : { lastWriteTime: isoTime(this.#lastWriteWallMs) }),
    }
  }

  #spread = (): number => this.#now() + this.#settings.spreadMs * Math.random()

  /** `fresh`: by a list, which is the truth; a watch may deliver what we have overtaken by a write. */
  #seeNode(node: NodeObject | null, fresh: boolean): void {
    if (node && this.#node && !fresh && isOlder(node, this.#node)) return
    const uid = node?.metadata.uid ?? ''
    if (node && this.#found?.uid !== uid) this.#begin(uid, node.status?.conditions ?? [])
    if (node && !this.#busy) this.#rival.look(lastWrittenAs(node), this.#now())
    this.#troubles.set('rival', this.#rival.isThere(this.#now()) ? RIVAL : '')
    this.#node = node
    this.#wake()
  }

  /** The Node is read for the first time, or it is another one of the same name, which knows of nothing. */
  #begin(uid: string, conditions: readonly NodeCondition[]): void {
    if (this.#found !== null) this.#told = new Map()
    this.#found = { uid, conditions }
    for (const [id, { key, since }] of this.#told) {
      const there = conditions.find(({ type, status }) => type === ruleOf(id) && status === 'True')
      if (there && Date.parse(since) <= Date.parse(there.lastTransitionTime ?? '')) this.#events.forget(key)
    }
  }

  #seeReach(error: ApiError | null): void {
    if (error === null) {
      if (this.#lostSinceMs !== null && this.#now() - this.#lostSinceMs >= OUTAGE_MS)
        for (const attempts of Object.values(this.#attempts)) attempts.notBeforeMs = this.#spread()
      this.#lostSinceMs = null
    } else this.#lostSinceMs ??= this.#now()
    // Gone: the watch begins anew, that is all.
    if (error?.code !== 410) this.#troubles.set('follow', error && `the Node cannot be followed: ${error.message}`)
  }

  #watch({ problems }: Report): void {
    const nowMs = this.#now()
    this.#watched = new Map(
      problems.map(problem => [watchedAs(problem), this.#watched.get(watchedAs(problem)) ?? nowMs]),
    )
  }

  #tell(report: Report): void {
    const { policy, tellable } = this.#settings
    const moment = this.#moment()
    const { told, tellings } = tellChanges(this.#told, report.problems, {
      wallMs: moment.wallMs,
      tellable,
      isDue: problem => hasLasted(problem, policy, moment),
    })
    this.#told = told
    const leaving = this.#node !== null && isLeaving(this.#node)
    for (const telling of tellings)
      if (!leaving || telling.severity === 'critical') this.#events.add(telling, this.#now())
  }

  #moment(): Moment {
    const nowMs = this.#now()
    return {
      wallMs: Date.now(),
      bootWallMs: this.#bootWallMs,
      uptimeMs: nowMs,
      judgingForMs: nowMs - this.#judgingSinceMs,
      watchedForMs: problem => nowMs - (this.#watched.get(watchedAs(problem)) ?? nowMs),
    }
  }

  /** Writes if it is time, else comes back when it will be. */
  #wake(): void {
    if (this.#busy || this.#stopping.signal.aborted || this.#node === null || this.#report === null) return
    clearTimeout(this.#timer)
    const nowMs = this.#now()
    const plan = this.#plan(this.#report, this.#node)
    const { conditions, events } = this.#attempts
    const atMs = Math.max(plan.entries.length > 0 ? plan.atMs : Number.POSITIVE_INFINITY, conditions.notBeforeMs)
    if (atMs <= nowMs) void this.#work('conditions', () => this.#write(plan))
    else if (nowMs >= events.notBeforeMs && this.#events.isWaiting(nowMs)) void this.#work('events', () => this.#send())
    else if (atMs !== Number.POSITIVE_INFINITY) this.#wakeIn(atMs - nowMs)
  }

  /** A mistake of ours in here must not end the agent: the next report wakes it too. */
  #wakeIn(ms: number): void {
    this.#timer = setTimeout(() => {
      try {
        this.#wake()
      } catch (error) {
        this.#troubles.set('conditions', `conditions cannot be published: ${error}`)
      }
    }, ms).unref()
  }

  #plan(report: Report, node: NodeObject): Plan {
    const { intervalMs } = this.#settings
    const found = this.#found?.conditions ?? []
    const wanted = wantedConditions(report, node, { ...this.#settings, moment: this.#moment(), found })
    const isFresh = ({ lastHeartbeatTime }: NodeCondition) =>
      Date.parse(report.time) - Date.parse(lastHeartbeatTime ?? '') <= FRESH_INTERVALS * intervalMs + 1000
    // Beside a second agent only our own changes are written, what it writes is not mended.
    const there = this.#rival.isThere(this.#now()) ? (this.#written ?? node) : node
    return planWrite(wanted, there, this.#pace, isFresh)
  }

  async #work(what: 'conditions' | 'events', work: () => Promise<void>): Promise<void> {
    const attempts = this.#attempts[what]
    this.#busy = true
    try {
      await work()
      attempts.failures = 0
      this.#troubles.set(what, '')
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError(String(error), 0)
      attempts.notBeforeMs = this.#now() + pauseMs(failure, ++attempts.failures)
      this.#troubles.set(what, `${what} cannot be published: ${failure.message}`)
      // It may have got through, or get through late.
      if (what === 'conditions') this.#rival.wrote(null)
    } finally {
      this.#busy = false
    }
    this.#wakeIn(0)
  }

  async #write({ entries, kind }: Plan): Promise<void> {
    const { nodeName } = this.#settings
    const answer = await this.#api.ask<unknown>(
      {
        verb: 'patch',
        resource: 'nodes/status',
        path: `/api/v1/nodes/${nodeName}/status`,
        query: { fieldManager: FIELD_MANAGER },
        contentType: 'application/strategic-merge-patch+json',
        body: { status: { conditions: entries } },
      },
      this.#stopping.signal,
    )
    const node = asNode(answer.object, nodeName)
    const nowMs = this.#now()
    const heartbeatMs = HEARTBEAT_MS * (1 + HEARTBEAT_JITTER * (2 * Math.random() - 1))
    this.#pace = afterWrite(this.#pace, kind, nowMs, nowMs + heartbeatMs)
    this.#rival.wrote(lastWrittenAs(node))
    this.#lastWriteWallMs = Date.now()
    this.#written = node
    // The watch may have overtaken the answer: a change of others, or the end of this Node.
    const now = this.#node
    const isOvertaken = now === null || now.metadata.uid !== node.metadata.uid || isOlder(node, now)
    if (!isOvertaken) this.#node = node
  }

  #send(): Promise<void> {
    const { name, uid = '' } = this.#node!.metadata
    return this.#events.send(this.#api, { name, uid }, this.#now(), this.#stopping.signal)
  }
}

interface Found {
  readonly uid: string
  readonly conditions: readonly NodeCondition[]
}

const watchedAs = ({ id, since }: ReportedProblem): string => `${id} ${since}`

const RIVAL =
  'another agent writes the conditions of this node under our name: look for a second DaemonSet; what it writes is not mended'
