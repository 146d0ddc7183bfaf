import Type, { type TObject } from 'typebox'
import { clock } from './clock.ts'
import { conntrack } from './conntrack.ts'
import { containerlogs } from './containerlogs.ts'
import { cpu } from './cpu.ts'
import { disks } from './disks.ts'
import { filesystems } from './filesystems.ts'
import { fragmentation } from './fragmentation.ts'
import { interfaces } from './interfaces.ts'
import { kubelet } from './kubelet.ts'
import { limits } from './limits.ts'
import { memory } from './memory.ts'
import { pressure } from './pressure.ts'
import { protocols } from './protocols.ts'
import { readonly } from './readonly.ts'
import { settings } from './settings.ts'
import { sockets } from './sockets.ts'
import { softnet } from './softnet.ts'
import type { Derivation, Step } from './step.ts'
import { superBlocks } from './superblocks.ts'

/** All derivations. Adding one: its file and its line here. */
const derivations = {
  cpu,
  pressure,
  memory,
  fragmentation,
  limits,
  clock,
  disks,
  filesystems,
  readonly,
  containerlogs,
  conntrack,
  protocols,
  softnet,
  sockets,
  interfaces,
  settings,
  kubelet,
}

type Derivations = typeof derivations
type StateOf<D> = D extends Derivation<infer State, unknown> ? State : never
type FactsOf<D> =
  D extends Derivation<never, infer Facts> ? Facts : D extends Derivation<infer _S, infer Facts> ? Facts : never

/** What derivations remember from cycle to cycle. */
export type DeriveState = { readonly [D in keyof Derivations]: StateOf<Derivations[D]> }

/** What derivations know of the node's parts beside signals: names, roles, how devices stack. */
export type Facts = { readonly [D in keyof Derivations]: FactsOf<Derivations[D]> }

type AnyDerivation = Derivation<unknown, unknown>

/** What of it survives a restart of the agent: the states of those derivations that say so by `kept`. */
export type KeptDerived = Partial<DeriveState>

const keptDerivations = Object.entries<AnyDerivation>(derivations).filter(([, { kept }]) => kept !== undefined)

/** Each may be missing: the file may be of a version that did not keep it yet. */
export const keptDerivedSchema: TObject = Type.Object(
  Object.fromEntries(keptDerivations.map(([name, { kept }]) => [name, Type.Optional(kept!)])),
)

export function keptDerived(state: DeriveState): KeptDerived {
  return Object.fromEntries(keptDerivations.map(([name]) => [name, state[name as keyof Derivations]]))
}

/** `restored`: as validated by the schema above; what is not kept starts anew whatever stands there. */
export function startDeriving(restored: KeptDerived = {}): DeriveState {
  return mapDerivations(({ kept, start }, name) => (kept && restored[name]) ?? start) as DeriveState
}

export function derive(state: DeriveState, sight: Omit<Step, 'superBlocks'>): { state: DeriveState; facts: Facts } {
  const step: Step = { ...sight, superBlocks: superBlocks(sight) }
  const next = mapDerivations((derivation, name) => derivation.step(state[name], step)) as Record<
    keyof Derivations,
    { state: unknown; facts: unknown }
  >
  return {
    state: mapDerivations((_, name) => next[name].state) as DeriveState,
    facts: mapDerivations((_, name) => next[name].facts) as Facts,
  }
}

function mapDerivations(
  map: (derivation: AnyDerivation, name: keyof Derivations) => unknown,
): Record<keyof Derivations, unknown> {
  const names = Object.keys(derivations) as (keyof Derivations)[]
  return Object.fromEntries(names.map(name => [name, map(derivations[name] as AnyDerivation, name)])) as Record<
    keyof Derivations,
    unknown
  >
}
