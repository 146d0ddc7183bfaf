import type { Host } from './host.ts'
import type { Mount } from './mounts.ts'
import type { Reading } from './reading.ts'

/** Where this machine keeps what Kubernetes uses; from the configuration. */
export interface Places {
  readonly kubeletRoots: readonly string[]
  readonly runtimeRoots: readonly string[]
  readonly dockerRoots: readonly string[]
  readonly podLogRoots: readonly string[]
}

/** One kernel file or subject: how to read it. What it needs to remember between cycles belongs to derive, not here. */
export interface Collector<Name extends string, T> {
  readonly name: Name
  /** What it reads, for the docs and for error messages. */
  readonly source: string
  /** Why the source may be missing, e.g. the kernel option that brings it. */
  readonly absentWhen: string
  /** Not more often than this; in between the last reading stands. Absent: every cycle. */
  readonly everyMs?: number
  /** `mounts`: the node's mounts, read once for all collectors of a cycle. */
  collect(host: Host, places: Places, mounts?: () => Reading<Mount[]>): Reading<T> | Promise<Reading<T>>
}

/** Keeps the name's literal type, so that the list of collectors types the whole sample. */
export const collector = <Name extends string, T>(definition: Collector<Name, T>): Collector<Name, T> => definition
