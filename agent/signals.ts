import { clockSignals } from './derive/clock.ts'
import { conntrackSignals } from './derive/conntrack.ts'
import { containerlogSignals } from './derive/containerlogs.ts'
import { cpuSignals } from './derive/cpu.ts'
import { diskSignals } from './derive/disks.ts'
import { filesystemSignals } from './derive/filesystems.ts'
import { fragmentationSignals } from './derive/fragmentation.ts'
import { interfaceSignals } from './derive/interfaces.ts'
import { limitSignals } from './derive/limits.ts'
import { memorySignals } from './derive/memory.ts'
import { pressureSignals } from './derive/pressure.ts'
import { protocolSignals } from './derive/protocols.ts'
import { readonlySignals } from './derive/readonly.ts'
import { settingSignals } from './derive/settings.ts'
import { socketSignals } from './derive/sockets.ts'
import { softnetSignals } from './derive/softnet.ts'

export type Unit = 'ms' | 'seconds' | 'bytes' | 'bytesPerSecond' | 'ratio' | 'count' | 'perSecond'
export type SubjectKind = 'Node' | 'Disk' | 'Filesystem' | 'Interface' | 'NUMANode' | 'Zone' | 'Container' | 'CPU'

/** A number that the agent derives: its unit, what it is of, and what it means. `worse` says where trouble lies. */
export interface SignalDefinition {
  readonly unit: Unit
  readonly subject: SubjectKind
  readonly worse: 'up' | 'down' | 'neither'
  readonly help: string
}

/** Every signal, by its closed name. A derivation declares its own; they meet here. */
export const signalCatalogue = {
  ...cpuSignals,
  ...pressureSignals,
  ...memorySignals,
  ...fragmentationSignals,
  ...limitSignals,
  ...clockSignals,
  ...diskSignals,
  ...filesystemSignals,
  ...readonlySignals,
  ...containerlogSignals,
  ...conntrackSignals,
  ...protocolSignals,
  ...softnetSignals,
  ...socketSignals,
  ...interfaceSignals,
  ...settingSignals,
} as const satisfies Record<string, SignalDefinition>

export type SignalName = keyof typeof signalCatalogue

/** Name of the one subject of signals that are of the node as a whole. */
export const NODE = 'node'

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
