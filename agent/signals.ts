import type { signalCatalogue } from './derive/catalogue.ts'

export type Unit = 'ms' | 'seconds' | 'bytes' | 'bytesPerSecond' | 'ratio' | 'count' | 'perSecond'
export type SubjectKind = 'Node' | 'Disk' | 'Filesystem' | 'Interface' | 'NUMANode' | 'Zone' | 'Container' | 'CPU'

/** A number that the agent derives: its unit, what it is of, and what it means. `worse` says where trouble lies. */
export interface SignalDefinition {
  readonly unit: Unit
  readonly subject: SubjectKind
  readonly worse: 'up' | 'down' | 'neither'
  readonly help: string
}

/** Every signal has a closed name; each derivation declares its own and agent/derive/catalogue.ts lists them all. */
export type SignalName = keyof typeof signalCatalogue

/** Name of the one subject of signals that are of the node as a whole. */
const NODE = 'node'

/** One cycle's values, by signal and subject. */
export class Signals {
  readonly #values = new Map<SignalName, Map<string, number>>()

  /** Takes a finite value; anything else means that there is none. */
  set(name: SignalName, subject: string, value: number | undefined): void {
    if (value === undefined || !Number.isFinite(value)) return
    let subjects = this.#values.get(name)
    if (subjects === undefined) {
      subjects = new Map()
      this.#values.set(name, subjects)
    }
    subjects.set(subject, value)
  }

  get(name: SignalName, subject: string = NODE): number | undefined {
    return this.#values.get(name)?.get(subject)
  }

  entries(): IterableIterator<[SignalName, ReadonlyMap<string, number>]> {
    return this.#values.entries()
  }
}
