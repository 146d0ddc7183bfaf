import { type Dirent, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readRegularFile } from '../../collectors/host/calls.ts'
import { TreeHost } from '../../collectors/host/tree.ts'
import { median } from '../derive/window.ts'
import { isTime, type Recording, RecordingError } from './frames.ts'

/** A tree capture: a directory whose sub-directories are named by ms since its start, each looking like `/` then. */
export function openTree(directory: string): Recording {
  const names = entriesOf(directory).filter(entry => entry.isDirectory() && /^\d{1,15}$/.test(entry.name))
  const times = names.map(({ name }) => ({ name, atMs: Number(name) })).sort((a, b) => a.atMs - b.atMs)
  if (times.length === 0)
    throw new RecordingError(
      `${directory}: no frames; it must hold directories named by milliseconds, such as 0 and 5000`,
    )
  const meta = readMeta(directory)
  const startWallMs = meta.startTime === undefined ? 0 : Date.parse(meta.startTime)
  if (!isTime(startWallMs) || !isTime(startWallMs + times.at(-1)!.atMs))
    throw new RecordingError(
      `${join(directory, 'meta.json')}: startTime ${JSON.stringify(meta.startTime)} is not a time before the year 10000; write it as 2026-11-22T03:00:00Z`,
    )
  const distances = times.slice(1).map(({ atMs }, index) => atMs - times[index]!.atMs)
  return {
    node: meta.node ?? basename(directory),
    startWallMs,
    intervalMs: median(distances) ?? 10_000,
    *frames() {
      for (const { name, atMs } of times) {
        const frame = join(directory, name)
        const roots = { procfs: join(frame, 'proc'), sysfs: join(frame, 'sys'), rootfs: frame }
        const host = new TreeHost(roots, directory)
        yield { atMs, wallMs: startWallMs + atMs, host }
      }
    },
  }
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    throw new RecordingError(`${directory}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** A line of text. */
const MAX_META_BYTES = 64 * 1024

function readMeta(directory: string): { readonly startTime?: string; readonly node?: string } {
  const path = join(directory, 'meta.json')
  const text = readRegularFile(path, path, MAX_META_BYTES)
  const refuse = (why: string) => new RecordingError(`${why}; write {"startTime": "2026-11-22T03:00:00Z"} or remove it`)
  if (!text.ok) {
    if (text.fault.code === 'Absent') return {}
    throw refuse(text.fault.detail)
  }
  let meta: unknown
  try {
    meta = JSON.parse(text.value)
  } catch (error) {
    throw refuse(`${path}: not JSON (${(error as Error).message})`)
  }
  if (typeof meta !== 'object' || meta === null) throw refuse(`${path}: not an object`)
  const { startTime, node } = meta as Readonly<Record<string, unknown>>
  const texts = [startTime, node].every(value => value === undefined || typeof value === 'string')
  if (!texts) throw refuse(`${path}: startTime and node are texts`)
  return meta
}
