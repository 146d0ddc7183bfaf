import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Ajv } from 'ajv'
import Type, { type TSchema } from 'typebox'
import { readRegularFile } from '../collectors/host/calls.ts'
import type { ConditionState } from './conditions.ts'
import { type KeptDerived, keptDerived, keptDerivedSchema } from './derive/index.ts'
import type { KeptState, PipelineState } from './pipeline.ts'
import type { Track } from './track.ts'

interface StateFile {
  readonly version: 1
  readonly bootId: string
  readonly node: string
  readonly tracks: readonly (readonly [string, Track])[]
  readonly conditions: readonly (readonly [string, ConditionState])[]
  /** Missing in files of agents that did not keep it. */
  readonly derived?: KeptDerived
}

const text = Type.String({ maxLength: 4096 })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** Monotonic, and wall clock within what a Date can hold. */
const atMs = Type.Number({ minimum: 0, maximum: 1e15 })
const wallMs = Type.Number({ minimum: 0, maximum: 8.64e15 })
const severity = Type.Enum(['info', 'warning', 'critical'])
const status = Type.Enum(['True', 'False', 'Unknown'])
const stretch = nullable(Type.Object({ sinceMs: atMs, sinceWallMs: wallMs, countedMs: atMs }))

const observation = Type.Object({
  subject: Type.Object({ kind: text, name: text, role: Type.Enum(['node', 'volume']) }),
  stance: Type.Enum(['critical', 'raise', 'between', 'clear', 'unmeasured']),
  message: text,
  evidence: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  atMost: Type.Optional(severity),
})

const track = Type.Object({
  rule: text,
  trigger: text,
  observation,
  measuredAtMs: atMs,
  raised: stretch,
  critical: stretch,
  notCritical: stretch,
  clear: stretch,
  bounded: stretch,
  unbounded: stretch,
  active: nullable(Type.Object({ sinceMs: atMs, sinceWallMs: wallMs, severity, bounded: Type.Boolean() })),
})

const condition = Type.Object({
  status,
  reason: text,
  message: text,
  transitionWallMs: wallMs,
  known: nullable(Type.Object({ status, transitionWallMs: wallMs })),
  heartbeatWallMs: wallMs,
  speaksOf: Type.String(),
  missing: nullable(Type.Object({ sinceMs: atMs, cycles: atMs })),
})

/** What the file must hold: whoever may write to the directory must not stop the agent. */
const isState = new Ajv({ strict: false }).compile(
  Type.Object({
    tracks: Type.Array(Type.Tuple([text, track])),
    conditions: Type.Array(Type.Tuple([text, condition])),
    derived: Type.Optional(keptDerivedSchema),
  }),
)

/** How much of persistence a crash may cost; changes of a verdict are written at once. */
const SAVE_MS = 30_000
/** A state file larger than this is not ours. */
const MAX_BYTES = 4 * 1024 * 1024

/** What the last run knew, if it was on this node and in this boot; else null and why. Never throws. */
export function loadState(path: string, bootId: string, node: string): { kept: KeptState | null; why: string } {
  // A FIFO or a device in its place must not be waited for.
  const text = readRegularFile(path, path, MAX_BYTES)
  if (!text.ok)
    return { kept: null, why: text.fault.code === 'Absent' ? `${path} does not exist yet` : text.fault.detail }
  try {
    const state = JSON.parse(text.value) as StateFile
    if (state.version !== 1) return { kept: null, why: `${path} is of another version` }
    if (state.bootId !== bootId || state.node !== node) return { kept: null, why: `${path} is of another boot or node` }
    if (!isState(state)) return { kept: null, why: `${path} is damaged` }
    const { tracks, conditions, derived = {} } = state
    return { kept: { tracks: new Map(tracks), conditions: new Map(conditions), derived }, why: '' }
  } catch {
    return { kept: null, why: `${path} is damaged` }
  }
}

type Saved = Pick<PipelineState, 'tracks' | 'conditions' | 'derived'>

/** Writes the state beside the loop: one write at a time, the newest wins, a failure is told once. */
export class StateWriter {
  readonly #path: string
  readonly #bootId: string
  readonly #node: string
  readonly #warn: (message: string) => void
  #verdicts = ''
  #savedMs = Number.NEGATIVE_INFINITY
  #busy = false
  #warned = false

  constructor(path: string, bootId: string, node: string, warn: (message: string) => void) {
    this.#path = path
    this.#bootId = bootId
    this.#node = node
    this.#warn = warn
  }

  async save(state: Saved, nowMs: number): Promise<void> {
    const verdicts = verdictsOf(state)
    if (this.#busy || (verdicts === this.#verdicts && nowMs - this.#savedMs < SAVE_MS)) return
    this.#verdicts = verdicts
    this.#savedMs = nowMs
    this.#busy = true
    const file: StateFile = {
      version: 1,
      bootId: this.#bootId,
      node: this.#node,
      tracks: [...state.tracks],
      conditions: [...state.conditions],
      derived: keptDerived(state.derived),
    }
    try {
      await makeDirectory(dirname(this.#path))
      await writeFile(`${this.#path}.new`, JSON.stringify(file), { mode: 0o600 })
      await rename(`${this.#path}.new`, this.#path)
    } catch (error) {
      if (!this.#warned)
        this.#warn(
          `state.file: ${this.#path} cannot be written (${(error as NodeJS.ErrnoException).code}): verdicts start anew after a restart`,
        )
      this.#warned = true
    } finally {
      this.#busy = false
    }
  }
}

/** What must not get lost: which problems hold since when, and what the conditions say. */
function verdictsOf({ tracks, conditions }: Saved): string {
  const held = [...tracks].map(([key, { active }]) => `${key} ${active?.severity} ${active?.sinceMs}`)
  const said = [...conditions].map(([type, { status, reason }]) => `${type} ${status} ${reason}`)
  return [...held, ...said].join()
}

/** One level: the recursive mkdir of Node.js never returns below /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
