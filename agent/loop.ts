import type { Logger } from 'pino'
import type { Host } from '../collectors/host.ts'
import type { Sample } from '../collectors/index.ts'
import { type Collected, Collecting } from './collect.ts'
import { reportConditions } from './conditions.ts'
import type { Config } from './config/config.ts'
import {
  advance,
  type KeptState,
  type Outcome,
  type PipelineSettings,
  type PipelineState,
  startPipeline,
} from './pipeline.ts'
import {
  type AgentStatus,
  type CollectorStatus,
  isoTime,
  type Report,
  reportProblem,
  reportSignals,
  verdictOf,
  worstFirst,
} from './report.ts'
import { activeRules } from './rules/active.ts'
import { ruleCatalogue } from './rules/index.ts'
import { evidenceOf } from './rules/rule.ts'
import type { ReportSource } from './serve/source.ts'
import { version } from './version.ts'

/** Wake-ups are spread by this much so as not to keep step with the kernel's load sampling, which would count us each time. */
const JITTER = 0.1
/** How long a cycle waits for calls that may block; a healthy disk answers in microseconds. */
const PATIENCE_MS = 500

export function pipelineSettings(config: Config, intervalMs: number, instant: boolean): PipelineSettings {
  return { rules: activeRules(ruleCatalogue, config.rules, instant), places: config.places, intervalMs, instant }
}

/** Puts an outcome into the words of the contract. */
export function toReport(
  outcome: Outcome,
  frame: {
    node: string
    statuses: Readonly<Record<string, CollectorStatus>>
    agent: AgentStatus
    inventory?: Report['inventory']
  },
  settings: PipelineSettings,
): Report {
  const problems = outcome.judgement.problems.toSorted(worstFirst).map(reportProblem)
  const needed = new Set<string>(settings.rules.flatMap(({ definition }) => evidenceOf(definition)))
  const missing = [...needed].some(name => ['failed', 'stuck'].includes(frame.statuses[name]?.status ?? ''))
  return {
    apiVersion: 'node-agent/v1',
    node: frame.node,
    time: isoTime(outcome.sample.wallMs),
    verdict: verdictOf(problems, missing),
    problems,
    conditions: reportConditions(outcome.state.conditions),
    signals: reportSignals(outcome.signals),
    collectors: frame.statuses,
    publishing: { enabled: false, detail: 'no cluster: verdicts are served here only' },
    inventory: frame.inventory ?? {},
    agent: frame.agent,
  }
}

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
  readonly #listeners = new Set<(report: Report) => void>()
  readonly #onState: (state: PipelineState, atMs: number) => void
  #state: PipelineState
  #timer: NodeJS.Timeout | undefined
  #count = 0
  #gaps = 0
  #lastGapMs = 0
  #turnedAtMs = monotonicMs()
  #stopped = false

  constructor(
    config: Config,
    host: Host,
    log: Logger,
    options: {
      restored?: KeptState | null
      onState?: (state: PipelineState, atMs: number) => void
    } = {},
  ) {
    this.#config = config
    this.#host = host
    this.#log = log
    this.intervalMs = config.intervalMs
    this.#settings = pipelineSettings(config, config.intervalMs, false)
    const patienceMs = Math.min(PATIENCE_MS, config.intervalMs / 4)
    this.#collecting = new Collecting(config.places, {
      disabled: config.disabledCollectors,
      intervalMs: config.intervalMs,
      patienceMs,
    })
    this.#state = startPipeline(options.restored ?? undefined)
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
      if (this.#count === 0) this.#state = startPipeline() // what was restored may be to blame
    }
    if (this.#stopped) return
    const wait = this.intervalMs * (1 + JITTER * (2 * Math.random() - 1)) - (monotonicMs() - begun)
    this.#timer = setTimeout(() => void this.#turn(), Math.max(wait, 0))
  }

  async #cycle(atMs: number): Promise<void> {
    const cpu = process.cpuUsage()
    const collected = await this.#collecting.collect(this.#host, atMs, Date.now())
    if (this.#stopped) return
    const outcome = advance(this.#state, collected.sample, this.#settings)
    this.#state = outcome.state
    this.#count++
    if (outcome.gapMs > 0) this.#noteGap(outcome.gapMs)
    this.sample = collected.sample
    this.latest = toReport(
      outcome,
      {
        node: this.#config.nodeName,
        statuses: collected.statuses,
        agent: this.#agentStatus(atMs, cpu),
        inventory: this.inventory,
      },
      this.#settings,
    )
    this.#logChanges(outcome, collected)
    for (const listener of this.#listeners) listener(this.latest)
    this.#onState(this.#state, atMs)
  }

  #noteGap(gapMs: number): void {
    this.#gaps++
    this.#lastGapMs = gapMs
    this.#log.warn(
      { gapMs: Math.round(gapMs) },
      'the agent did not run for a while: nothing is concluded from that time',
    )
  }

  #agentStatus(begun: number, cpuBefore: NodeJS.CpuUsage): AgentStatus {
    const { user, system } = process.cpuUsage(cpuBefore)
    return {
      version,
      uptimeSeconds: Math.round(process.uptime()),
      cycle: {
        count: this.#count,
        durationMs: round(monotonicMs() - begun),
        cpuMs: round((user + system) / 1000),
        intervalMs: this.intervalMs,
        gaps: this.#gaps,
        lastGapMs: Math.round(this.#lastGapMs),
      },
      rssBytes: process.memoryUsage.rss(),
    }
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

const round = (ms: number): number => Math.round(ms * 1000) / 1000

/** CLOCK_MONOTONIC since boot: the same clock for every process of this boot, so that state survives a restart. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6
