import { spawn } from 'node:child_process'
import { disks } from '../../../agent/derive/disks.ts'
import { type SignalName, Signals } from '../../../agent/signals.ts'
import { blockdevices } from '../../../collectors/blockdevices.ts'
import { diskstats } from '../../../collectors/diskstats.ts'
import { collectors, type Sample } from '../../../collectors/index.ts'
import { fault, type Reading } from '../../../collectors/reading.ts'
import { which } from '../beds/need.ts'
import { needs as slowDiskNeeds } from '../beds/slow-disk.ts'
import { places, readingFrom } from './ours.ts'

export const iostatNeeds = { ...slowDiskNeeds, commands: [...slowDiskNeeds.commands, 'iostat'] }

/** So long that a completion more or less at its ends is little of 8 a second. */
const SECONDS = 10

/** Our signal, iostat's column, ours in its unit, and what its two decimals cannot tell. */
const COLUMNS: readonly [SignalName, string, number, number][] = [
  ['disk.readsPerSecond', 'r/s', 1, 0.3],
  ['disk.writesPerSecond', 'w/s', 1, 0.3],
  ['disk.readBytesPerSecond', 'rkB/s', 1 / 1024, 4],
  ['disk.writeBytesPerSecond', 'wkB/s', 1 / 1024, 4],
  ['disk.readAwaitMs', 'r_await', 1, 0.1],
  ['disk.writeAwaitMs', 'w_await', 1, 0.1],
  ['disk.flushAwaitMs', 'f_await', 1, 0.1],
  ['disk.queueLength', 'aqu-sz', 1, 0.02],
  ['disk.utilizationRatio', 'util', 100, 0.5],
]

export interface Pair {
  readonly ours: number
  readonly theirs: number
  readonly floor: number
  toString(): string
}

/** One interval of iostat between two samples of ours, taken as it begins and as it ends. */
export async function iostatRound(names: readonly string[]): Promise<Pair[]> {
  const first = await sample()
  const said = await iostat()
  const second = await sample()
  const signals = new Signals()
  const alike = { places, superBlocks: new Map() }
  const { state } = disks.step(disks.start, { ...alike, prev: null, curr: first, signals: new Signals() })
  disks.step(state, { ...alike, prev: first, curr: second, signals })
  return names.flatMap(name => {
    const row = said.find(({ disk_device }) => disk_device === name)
    if (row === undefined) throw new Error(`iostat does not tell of ${name}`)
    return COLUMNS.flatMap(([signal, column, factor, floor]): Pair[] => {
      const value = signals.get(signal, name)
      const theirs = Number(row[column])
      // Without a request iostat says 0, we say nothing.
      if (value === undefined && theirs === 0) return []
      const ours = (value ?? Number.NaN) * factor
      return [{ ours, theirs, floor, toString: () => `${name} ${column}: ${ours.toFixed(2)}, iostat ${theirs}` }]
    })
  })
}

/** The second report: the first one is of the time since boot. */
async function iostat(): Promise<Record<string, string>[]> {
  const child = spawn(which('iostat') ?? '', ['-d', '-x', '-o', 'JSON', String(SECONDS), '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  await new Promise(resolve => child.once('close', resolve))
  return JSON.parse(text).sysstat.hosts[0].statistics[1].disk
}

async function sample(): Promise<Sample> {
  const atMs = performance.now()
  const absent = { atMs, reading: fault('Absent', 'not asked') as Reading<never> }
  const readings = Object.fromEntries(collectors.map(({ name }) => [name, absent]))
  return {
    atMs,
    wallMs: Date.now(),
    readings: {
      ...(readings as unknown as Sample['readings']),
      diskstats: { atMs, reading: await readingFrom(diskstats) },
      blockdevices: { atMs, reading: await readingFrom(blockdevices) },
    },
  }
}
