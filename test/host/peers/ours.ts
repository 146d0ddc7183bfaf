import { availableParallelism } from 'node:os'
import type { Collector, Places } from '../../../collectors/collector.ts'
import { directCalls } from '../../../collectors/host/calls.ts'
import { LiveHost } from '../../../collectors/host/live.ts'
import type { Blocking } from '../../../collectors/host.ts'
import type { Reading } from '../../../collectors/reading.ts'

/** Our collectors on the live machine, read directly: raw values, at the moment that the test wants. */

const calls = directCalls('/')
/** Whoever reads it here asks only file systems that the tests made or that the machine lives on: nothing that hangs. */
const blocking: Blocking = {
  statfs: async path => calls.statfs(path),
  statfsServed: async path => calls.statfs(path),
  readText: async (path, maxBytes) => calls.readText(path, maxBytes),
  readJson: async (path, maxBytes, keys) => calls.readJson(path, maxBytes, keys),
  files: async (path, depth) => calls.files(path, depth),
  resolve: async path => calls.resolve(path),
}

const host = new LiveHost({ procfs: '/proc', sysfs: '/sys', rootfs: '/' }, blocking)
export const places: Places = { kubeletRoots: [], runtimeRoots: [], dockerRoots: [], podLogRoots: [] }

/** What a collector reads now; undefined where this kernel does not have it. */
export async function valueFrom<T>(collector: Collector<string, T>): Promise<T | undefined> {
  const reading = await readingFrom(collector)
  if (reading.ok) return reading.value
  if (reading.fault.code === 'Absent') return undefined
  throw new Error(`${collector.name}: ${reading.fault.detail}`)
}

export async function readingFrom<T>(collector: Collector<string, T>): Promise<Reading<T>> {
  return collector.collect(host, places)
}

export interface Value {
  readonly value: number
  readonly gauge: boolean
}

/** Values by a name that both sides use. */
export type Values = ReadonlyMap<string, Value>

/** What a peer said between two of our readings. A counter is between them every time; a gauge moves both ways, but stands still sooner or later. */
export class Comparison {
  readonly wrongCounters: string[] = []
  readonly #met = new Map<string, boolean>()

  add(before: Values, theirs: ReadonlyMap<string, number>, after: Values): void {
    for (const [name, { value: first, gauge }] of before) {
      const is = theirs.get(name)
      const second = after.get(name)?.value
      if (is === undefined || second === undefined) continue
      const [low, high] = first <= second ? [first, second] : [second, first]
      const slack = slackOf(name, high)
      const between = is >= low - slack && is <= high + slack
      if (!between && !gauge) this.wrongCounters.push(`${name}: ${low} <= ${is} <= ${high}`)
      this.#met.set(name, between || (this.#met.get(name) ?? false))
    }
  }

  get compared(): number {
    return this.#met.size
  }

  /** Where no reading of theirs was ever between ours. */
  get disagreed(): string[] {
    return [...this.#met].filter(([, met]) => !met).map(([name]) => name)
  }
}

/** Seconds are floating point in theirs, integers of ticks, ms or µs in ours. */
function slackOf(name: string, value: number): number {
  // The sum of the CPUs, each rounded down to a tick, is less than the rounded sum.
  if (name.startsWith('node_cpu_')) return availableParallelism() / 100
  // While it is read it counts the files that its reader has open.
  if (name === 'node_filefd_allocated') return 128
  return Math.abs(value) * 1e-9
}
