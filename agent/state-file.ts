import { readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ConditionState } from './conditions.ts'
import type { Track } from './judge.ts'
import type { PipelineState } from './pipeline.ts'

type Kept = Pick<PipelineState, 'tracks' | 'conditions'>

interface StateFile {
  readonly version: 1
  readonly bootId: string
  readonly node: string
  readonly tracks: readonly (readonly [string, Track])[]
  readonly conditions: readonly (readonly [string, ConditionState])[]
}

/** How much of persistence a crash may cost; changes of a verdict are written at once. */
const SAVE_MS = 30_000
/** A state file larger than this is not ours. */
const MAX_BYTES = 4 * 1024 * 1024

/** What the last run knew, if it was on this node and in this boot; else null and why. Never throws. */
export function loadState(path: string, bootId: string, node: string): { kept: Kept | null; why: string } {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length > MAX_BYTES) return { kept: null, why: `${path} is too large to be a state file` }
    const state = JSON.parse(text) as StateFile
    if (state.version !== 1) return { kept: null, why: `${path} is of another version` }
    if (state.bootId !== bootId || state.node !== node) return { kept: null, why: `${path} is of another boot or node` }
    if (!state.tracks.every(isTrack) || !state.conditions.every(isCondition))
      return { kept: null, why: `${path} is damaged` }
    return { kept: { tracks: new Map(state.tracks), conditions: new Map(state.conditions) }, why: '' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return {
      kept: null,
      why: code === 'ENOENT' ? `${path} does not exist yet` : `${path} cannot be used (${code ?? 'damaged'})`,
    }
  }
}

function isTrack(entry: unknown): boolean {
  const [key, track] = entry as [unknown, Partial<Track>]
  const stretches = [track.raised, track.critical, track.notCritical, track.clear, track.bounded, track.unbounded]
  return (
    typeof key === 'string' &&
    typeof track.rule === 'string' &&
    typeof track.trigger === 'string' &&
    Number.isFinite(track.measuredAtMs) &&
    typeof track.observation?.subject?.name === 'string' &&
    stretches.every(
      stretch => stretch === null || (Number.isFinite(stretch?.sinceMs) && Number.isFinite(stretch?.countedMs)),
    ) &&
    (track.active === null || Number.isFinite(track.active?.sinceMs))
  )
}

function isCondition(entry: unknown): boolean {
  const [type, state] = entry as [unknown, Partial<ConditionState>]
  return (
    typeof type === 'string' &&
    typeof state.reason === 'string' &&
    Number.isFinite(state.transitionWallMs) &&
    Number.isFinite(state.heartbeatWallMs)
  )
}

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

  async save(kept: Kept, nowMs: number): Promise<void> {
    const verdicts = verdictsOf(kept)
    if (this.#busy || (verdicts === this.#verdicts && nowMs - this.#savedMs < SAVE_MS)) return
    this.#verdicts = verdicts
    this.#savedMs = nowMs
    this.#busy = true
    const { tracks, conditions } = kept
    const state: StateFile = {
      version: 1,
      bootId: this.#bootId,
      node: this.#node,
      tracks: [...tracks],
      conditions: [...conditions],
    }
    try {
      await makeDirectory(dirname(this.#path))
      await writeFile(`${this.#path}.new`, JSON.stringify(state), { mode: 0o600 })
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
function verdictsOf({ tracks, conditions }: Kept): string {
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
