import type { Places } from '../collectors/collector.ts'
import type { Host } from '../collectors/host.ts'
import { type CollectorName, collectors, type Sample, type Stamped } from '../collectors/index.ts'
import { mountsOf } from '../collectors/mounts.ts'
import { fault, type Reading } from '../collectors/reading.ts'
import { roundMs } from './monotonic.ts'
import type { CollectorStatus } from './report.ts'

/** A collector's last reading and what it took to get it. */
interface Entry {
  stamped: Stamped<unknown> | null
  startedMs: number
  durationMs: number
  running: boolean
}

export interface Collected {
  readonly sample: Sample
  readonly statuses: Readonly<Record<string, CollectorStatus>>
}

/** The first cycle waits longer: the helper process has to start. Not so long that the second one comes too late, which counts as a gap. */
const START_PATIENCE_MS = 2_000
const START_PATIENCE_INTERVALS = 2
/** A reading this many intervals old is stale: better none than an old one. */
const STALE_INTERVALS = 3

/**
 * Runs the collectors once a cycle. Those that may block answer later: the cycle waits for them a little, then goes on
 * with what they said last, and never starts one that is still at work.
 */
export class Collecting {
  readonly #entries = new Map<CollectorName, Entry>()
  readonly #places: Places
  readonly #disabled: ReadonlySet<string>
  readonly #intervalMs: number
  readonly #patienceMs: number
  readonly #startPatienceMs: number
  #cycles = 0

  /** `patienceMs`: how long a cycle waits for blocking collectors. Infinity for a recording: reading it costs nothing, so that nothing is put off either. */
  constructor(places: Places, options: { disabled: ReadonlySet<string>; intervalMs: number; patienceMs: number }) {
    this.#places = places
    this.#disabled = options.disabled
    this.#intervalMs = options.intervalMs
    this.#patienceMs = options.patienceMs
    const forStart = Math.min(START_PATIENCE_MS, START_PATIENCE_INTERVALS * options.intervalMs)
    this.#startPatienceMs = Math.max(options.patienceMs, forStart)
  }

  async collect(host: Host, atMs: number, wallMs: number): Promise<Collected> {
    const pending: Promise<void>[] = []
    const mounts = mountsOf(host)
    for (const collector of collectors) {
      if (this.#disabled.has(collector.name)) continue
      const running = this.#start(collector, host, mounts, atMs)
      if (running) pending.push(running)
    }
    const patienceMs = this.#cycles++ === 0 ? this.#startPatienceMs : this.#patienceMs
    if (pending.length > 0) await within(patienceMs, Promise.all(pending))
    return this.#seal(atMs, wallMs)
  }

  #start(
    collector: (typeof collectors)[number],
    host: Host,
    mounts: ReturnType<typeof mountsOf>,
    atMs: number,
  ): Promise<void> | null {
    const entry = this.#entries.get(collector.name) ?? {
      stamped: null,
      startedMs: Number.NEGATIVE_INFINITY,
      durationMs: 0,
      running: false,
    }
    this.#entries.set(collector.name, entry)
    if (entry.running || atMs - entry.startedMs < this.#distanceMs(collector)) return null
    entry.startedMs = atMs
    const begun = performance.now()
    const done = (reading: Reading<unknown>) => {
      entry.stamped = { atMs: Number.NaN, reading: explained(reading, collector.absentWhen) }
      entry.durationMs = performance.now() - begun
      entry.running = false
    }
    const failed = (error: unknown) => done(fault('Io', `collector ${collector.name} failed: ${String(error)}`))
    try {
      const answer = collector.collect(host, this.#places, mounts)
      if (answer instanceof Promise) {
        entry.running = true
        return answer.then(done, failed)
      }
      done(answer)
    } catch (error) {
      failed(error)
    }
    return null
  }

  /** Half an interval of slack: a jittered cycle must not turn "once a minute" into once in 70 s. */
  #distanceMs({ everyMs = 0 }: { readonly everyMs?: number }): number {
    return this.#patienceMs === Number.POSITIVE_INFINITY ? 0 : everyMs - this.#intervalMs / 2
  }

  /** A reading gets the time of the cycle that first sees it: as it will have in a replay. */
  #seal(atMs: number, wallMs: number): Collected {
    const readings: Record<string, Stamped<unknown>> = {}
    const statuses: Record<string, CollectorStatus> = {}
    for (const collector of collectors) {
      const { name } = collector
      const entry = this.#entries.get(name)
      if (entry?.stamped && Number.isNaN(entry.stamped.atMs)) entry.stamped = { ...entry.stamped, atMs }
      readings[name] = this.#reading(entry, collector.everyMs ?? 0, atMs)
      statuses[name] = entry
        ? statusOf(entry, readings[name], atMs)
        : { status: 'disabled', durationMs: 0, ageMs: 0, error: null }
    }
    return { sample: { atMs, wallMs, readings: readings as Sample['readings'] }, statuses }
  }

  #reading(entry: Entry | undefined, everyMs: number, atMs: number): Stamped<unknown> {
    if (entry === undefined) return { atMs, reading: fault('Absent', 'switched off by the configuration') }
    if (entry.stamped === null) return { atMs, reading: fault('Timeout', 'no answer yet') }
    const staleMs = everyMs + STALE_INTERVALS * this.#intervalMs
    if (entry.running && atMs - entry.stamped.atMs > staleMs)
      return { atMs: entry.stamped.atMs, reading: fault('Timeout', 'no answer since the last one') }
    return entry.stamped
  }
}

/** What is absent says why that may be: a kernel option, a module, a service. */
function explained(reading: Reading<unknown>, absentWhen: string): Reading<unknown> {
  if (reading.ok || reading.fault.code !== 'Absent') return reading
  return fault('Absent', `${reading.fault.detail} (${absentWhen})`)
}

function statusOf(entry: Entry, { atMs: readAtMs, reading }: Stamped<unknown>, atMs: number): CollectorStatus {
  const trouble = reading.ok ? reading.partial : reading.fault
  const status =
    trouble === undefined
      ? 'ok'
      : trouble.code === 'Absent'
        ? 'absent'
        : trouble.code === 'Timeout'
          ? 'stuck'
          : 'failed'
  return {
    status,
    durationMs: roundMs(entry.durationMs),
    ageMs: roundMs(atMs - readAtMs),
    error: trouble?.detail ?? null,
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  if (ms === Number.POSITIVE_INFINITY) {
    await work
    return
  }
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise(resolve => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
