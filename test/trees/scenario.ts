import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toConfig } from '../../agent/config/config.ts'
import { loadConfig } from '../../agent/config/load.ts'
import { openRecording } from '../../agent/record/open.ts'
import { type Replayed, replayRecording } from '../../agent/record/replay.ts'
import type { Report } from '../../agent/report.ts'
import { live } from './life.ts'
import { type Files, Machine, readHost } from './machine.ts'
import { writeTree } from './write.ts'

/** A story of one node, told frame by frame. */
export interface Scenario {
  readonly name: string
  /** Fixtures that the node is made of. */
  readonly host?: readonly string[]
  readonly seconds: number
  readonly everySeconds?: number
  /** Changes a healthy frame into what was there at that second. */
  frame?(machine: Machine, when: When): void
  /** Everything that the timeline holds. */
  readonly expect?: readonly Expected[]
}

/** An entry of the timeline; times in seconds, `null` if it still held at the end. */
export interface Expected {
  readonly id: string
  readonly reason: string
  readonly severity: 'info' | 'warning' | 'critical'
  /** `Disk vdb (node)`; that of the node itself is left out. */
  readonly subject?: string
  readonly from: number
  readonly to: number | null
}

/** The time of a frame. */
export class When {
  readonly second: number

  constructor(second: number) {
    this.second = second
  }

  /** For gauges: from this second on and before that one. */
  within(from: number, to: number): boolean {
    return this.second >= from && this.second < to
  }

  /** For counters: how much of that time is over. */
  spent(from: number, to: number): number {
    return Math.max(Math.min(this.second, to) - from, 0)
  }
}

/** Capture time of all scenarios. */
export const START = '2026-11-22T03:00:00Z'
export const START_MS = Date.parse(START)

/** Thousands of small files for seconds: in memory where there is such a place. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export interface Played extends Replayed {
  readonly reports: readonly Report[]
}

const hosts = new Map<string, Files>()

function hostOf(names: readonly string[]): Files {
  const key = names.join()
  const host = hosts.get(key) ?? readHost(...names)
  hosts.set(key, host)
  return host
}

export function* framesOf({
  host = ['worker'],
  seconds,
  everySeconds = 10,
  frame,
}: Scenario): Generator<[number, Files]> {
  const files = hostOf(host)
  for (let second = 0; second <= seconds; second += everySeconds) {
    const machine = new Machine(files)
    live(machine, second)
    frame?.(machine, new When(second))
    // A story without files has no frame there: nobody looked.
    if (machine.files.size > 0) yield [second * 1000, machine.files]
  }
}

/** Writes the story as a tree capture and replays that as `replay` does. */
export async function play(scenario: Scenario): Promise<Played> {
  const directory = mkdtempSync(join(SCRATCH, 'node-agent-trees-'))
  try {
    const path = join(directory, 'capture')
    writeTree(path, framesOf(scenario), START)
    const config = toConfig(loadConfig({ file: undefined, environment: {}, flags: [], set: [] }), {})
    const reports: Report[] = []
    const replayed = await replayRecording(await openRecording(path), config, {
      onReport: report => reports.push(report),
    })
    return { ...replayed, reports }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The timeline as scenarios write it down. */
export function told({ timeline }: Replayed): Expected[] {
  return timeline.map(({ id, reason, severity, subject: { kind, name, role }, startMs, endMs }) => ({
    id,
    reason,
    severity,
    ...(kind === 'Node' ? {} : { subject: `${kind} ${name} (${role})` }),
    from: startMs / 1000,
    to: endMs === null ? null : endMs / 1000,
  }))
}
