import type { Logger } from 'pino'
import type { Host } from '../collectors/host.ts'
import type { Sample } from '../collectors/index.ts'
import { type Collected, Collecting } from './collect.ts'
import type { Config } from './config/config.ts'
import { Cycles, measureCost } from './cycles.ts'
import { monotonicMs } from './monotonic.ts'
import {
  advance,
  type KeptState,
  type Outcome,
  type PipelineSettings,
  type PipelineState,
  pipelineSettings,
  startPipeline,
} from './pipeline.ts'
import type { Publishing, Report } from './report.ts'
import { toReport } from './reporting.ts'
import type { ReportSource } from './serve/source.ts'

/** Wake-ups are spread by this much so as not to keep step with the kernel's load sampling, which would count us each time. */
const JITTER = 0.1
/** How long a cycle waits for calls that may block; a healthy disk answers in microseconds. */
const PATIENCE_MS = 500

/** The only part that knows time: every interval a sample is taken, judged and handed to whoever looks. */
export class Loop implements ReportSource {
  latest: Report | null = null
  sample: Sample | null = null
  readonly intervalMs: number
  inventory: Report['inventory'] = {}

  readonly #config: Config
  readonly #host: Host
  readonly #log: Logger
  readonly #settings: PipelineSettings
  readonly #collecting: Collecting
  readonly #cycles: Cycles
  readonly #listeners = new Set<(report: Report) => void>()
  readonly #publishing: (() => Publishing) | undefined
  readonly #onState: (state: PipelineState, atMs: number) => void
  #state: PipelineState
  #timer: NodeJS.Timeout | undefined
  #turnedAtMs = monotonicMs()
  #stopped = false

  constructor(
    config: Config,
    host: Host,
    log: Logger,
    options: {
      restored?: KeptState | null
      onState?: (state: PipelineState, atMs: number) => void
      publishing?: () => Publishing
    } = {},
  ) {
    this.#config = config
    this.#host = host
    this.#log = log
    this.intervalMs = config.intervalMs
    this.#settings = pipelineSettings(config, config.intervalMs, false)
    this.#cycles = new Cycles(config.intervalMs)
    const patienceMs = Math.min(PATIENCE_MS, config.intervalMs / 4)
    this.#collecting = new Collecting(config.places, {
      disabled: config.disabledCollectors,
      intervalMs: config.intervalMs,
      patienceMs,
    })
    this.#state = startPipeline(options.restored ?? undefined)
    this.#publishing = options.publishing
    this.#onState = options.onState ?? (() => undefined)
  }

  start(): void {
    this.#turnedAtMs = monotonicMs()
    void this.#turn()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  loopAgeMs(): number {
    return monotonicMs() - this.#turnedAtMs
  }

  subscribe(listener: (report: Report) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #turn(): Promise<void> {
    const begun = monotonicMs()
    try {
      await this.#cycle(begun)
      this.#turnedAtMs = monotonicMs() // a cycle that fails does not count: the liveness probe must see it
    } catch (error) {
      this.#log.error({ err: error }, 'cycle failed')
      if (this.#cycles.count === 0) this.#state = startPipeline() // what was restored may be to blame
    }
    if (this.#stopped) return
    const wait = this.intervalMs * (1 + JITTER * (2 * Math.random() - 1)) - (monotonicMs() - begun)
    this.#timer = setTimeout(() => void this.#turn(), Math.max(wait, 0))
  }

  async #cycle(atMs: number): Promise<void> {
    const cost = measureCost()
    const collected = await this.#collecting.collect(this.#host, atMs, Date.now())
    if (this.#stopped) return
    const outcome = advance(this.#state, collected.sample, this.#settings)
    this.#state = outcome.state
    this.#cycles.add(outcome)
    if (outcome.gapMs > 0) this.#warnOfGap(outcome.gapMs)
    this.sample = collected.sample
    this.latest = toReport(
      outcome,
      {
        node: this.#config.nodeName,
        collectors: collected.statuses,
        agent: this.#cycles.live(cost()),
        inventory: this.inventory,
        ...(this.#publishing ? { publishing: this.#publishing() } : {}),
      },
      this.#settings,
    )
    this.#logChanges(outcome, collected)
    this.#tellListeners(this.latest)
    this.#onState(this.#state, atMs)
  }

  /** What is made of a report must not take the next one away. */
  #tellListeners(report: Report): void {
    for (const listener of this.#listeners) {
      try {
        listener(report)
      } catch (error) {
        this.#log.error({ err: error }, 'a report could not be passed on')
      }
    }
  }

  #warnOfGap(gapMs: number): void {
    this.#log.warn(
      { gapMs: Math.round(gapMs) },
      'the agent did not run for a while: nothing is concluded from that time',
    )
  }

  #reported = new Map<string, string>()

  /** Problems that begin and end, and collectors that fail and recover, once each. */
  #logChanges({ judgement }: Outcome, { statuses }: Collected): void {
    const now = new Map<string, string>()
    for (const problem of judgement.problems)
      now.set(`problem ${problem.id}`, `${problem.severity}: ${problem.message}`)
    for (const [name, { status, error }] of Object.entries(statuses))
      if (status === 'failed' || status === 'stuck') now.set(`collector ${name}`, `${status}: ${error}`)
    for (const [key, text] of now) if (!this.#reported.has(key)) this.#log.warn(`${key} ${text}`)
    for (const key of this.#reported.keys()) if (!now.has(key)) this.#log.info(`over: ${key}`)
    this.#reported = now
  }
}
