import type { Report } from './report.ts'

/** How far back it reaches. */
export const HISTORY_MS = 30 * 60_000
/** At shorter intervals not every report is kept. */
const LEAST_STEP_MS = 5_000
/** Memory is bounded by this: at most 2 000 series of 361 numbers, 5.8 MB; at the default interval 2.9 MB, usually a tenth. */
const MAX_SERIES = 2_000

/** More numbers than this in one answer would hold up the loop that serves it. A usual node has 50 000 in all. */
export const MAX_POINTS = 100_000

export interface HistoryQuery {
  readonly signal?: string | undefined
  readonly subject?: string | undefined
  /** Unix ms; not before then. */
  readonly sinceMs?: number | undefined
}

/** Values of several series over one time axis; NaN where there was none. */
export interface HistorySlice {
  readonly timesMs: readonly number[]
  readonly series: readonly { readonly signal: string; readonly subject: string; readonly values: Float64Array }[]
}

interface Series {
  readonly values: Float64Array
  /** Frame of the last value. */
  lastFrame: number
}

/** The signals of the last 30 minutes: a ring per series, all on one time axis. */
export class History {
  /** Series that found no room, in the last report. */
  leftOut = 0
  readonly #slots: number
  readonly #intervalMs: number
  readonly #stepMs: number
  readonly #times: Float64Array
  readonly #signals = new Map<string, Map<string, Series>>()
  #frames = 0
  #size = 0

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
    this.#stepMs = Math.max(intervalMs, LEAST_STEP_MS)
    this.#slots = Math.ceil(HISTORY_MS / this.#stepMs) + 1
    this.#times = new Float64Array(this.#slots)
  }

  get seriesCount(): number {
    return this.#size
  }

  /** Takes the signals of a report, unless the one before was taken just now. */
  record({ time, signals }: Pick<Report, 'time' | 'signals'>): void {
    const atMs = Date.parse(time)
    const slot = this.#frames % this.#slots
    if (this.#frames > 0 && this.#tooSoon(atMs)) return
    this.#times[slot] = atMs
    this.#forget(slot)
    this.leftOut = 0
    if (this.#size >= MAX_SERIES) this.#dropVanished()
    for (const [signal, values] of Object.entries(signals))
      for (const { subject, value } of values) this.#put(signal, subject, slot, value)
    this.#frames++
  }

  /** The interval is jittered: half an interval early is in time. A clock set back is not "too soon". */
  #tooSoon(atMs: number): boolean {
    const sinceMs = atMs - this.#times[(this.#frames - 1) % this.#slots]!
    return sinceMs >= 0 && sinceMs < this.#stepMs - this.#intervalMs / 2
  }

  /** Clears the slot that comes to be written; drops the series that then have no value left. */
  #forget(slot: number): void {
    for (const [signal, subjects] of this.#signals) {
      for (const [subject, series] of subjects) {
        series.values[slot] = Number.NaN
        if (this.#frames - series.lastFrame >= this.#slots) this.#drop(signal, subject)
      }
    }
  }

  #put(signal: string, subject: string, slot: number, value: number): void {
    const series = this.#signals.get(signal)?.get(subject) ?? this.#add(signal, subject)
    if (series === null) {
      this.leftOut++
      return
    }
    series.values[slot] = value
    series.lastFrame = this.#frames
  }

  #add(signal: string, subject: string): Series | null {
    if (this.#size >= MAX_SERIES) return null
    const series = { values: new Float64Array(this.#slots).fill(Number.NaN), lastFrame: this.#frames }
    const subjects = this.#signals.get(signal) ?? new Map<string, Series>()
    this.#signals.set(signal, subjects.set(subject, series))
    this.#size++
    return series
  }

  /** Makes room: what is there counts more than what was. Two frames of grace for what lacks a value now and then. */
  #dropVanished(): void {
    for (const [signal, subjects] of this.#signals)
      for (const [subject, { lastFrame }] of subjects) if (this.#frames - lastFrame > 2) this.#drop(signal, subject)
  }

  #drop(signal: string, subject: string): void {
    const subjects = this.#signals.get(signal)!
    subjects.delete(subject)
    if (subjects.size === 0) this.#signals.delete(signal)
    this.#size--
  }

  query({ signal, subject, sinceMs = Number.NEGATIVE_INFINITY }: HistoryQuery): HistorySlice {
    const first = Math.max(this.#frames - this.#slots, 0)
    const frames = Array.from({ length: this.#frames - first }, (_, index) => first + index)
    const slots = frames.map(frame => frame % this.#slots).filter(slot => this.#times[slot]! >= sinceMs)
    const wanted = signal === undefined ? [...this.#signals.keys()] : [signal]
    const series = wanted.flatMap(name =>
      [...(this.#signals.get(name) ?? [])]
        .filter(([candidate]) => subject === undefined || candidate === subject)
        .map(([candidate, { values }]) => ({
          signal: name,
          subject: candidate,
          values: Float64Array.from(slots, slot => values[slot]!),
        }))
        .filter(({ values }) => values.some(value => !Number.isNaN(value))),
    )
    return { timesMs: slots.map(slot => this.#times[slot]!), series }
  }
}
