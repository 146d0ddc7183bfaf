import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { TreeHost } from '../../collectors/host/tree.ts'
import { median } from '../derive/window.ts'
import { type Recording, RecordingError } from './frames.ts'

/** A tree capture: a directory whose sub-directories are named by ms since its start, each looking like `/` then. */
export function openTree(directory: string): Recording {
  const names = readdirSync(directory, { withFileTypes: true }).filter(
    entry => entry.isDirectory() && /^\d{1,15}$/.test(entry.name),
  )
  const times = names.map(({ name }) => ({ name, atMs: Number(name) })).sort((a, b) => a.atMs - b.atMs)
  if (times.length === 0)
    throw new RecordingError(
      `${directory}: no frames; it must hold directories named by milliseconds, such as 0 and 5000`,
    )
  const meta = readMeta(directory)
  const startWallMs = meta.startTime === undefined ? 0 : Date.parse(meta.startTime)
  if (Number.isNaN(startWallMs))
    throw new RecordingError(
      `${join(directory, 'meta.json')}: startTime ${JSON.stringify(meta.startTime)} is not a time; write it as 2026-11-22T03:00:00Z`,
    )
  const distances = times.slice(1).map(({ atMs }, index) => atMs - times[index]!.atMs)
  return {
    node: meta.node ?? basename(directory),
    startWallMs,
    intervalMs: median(distances) ?? 10_000,
    *frames() {
      for (const { name, atMs } of times) {
        const frame = join(directory, name)
        const host = new TreeHost({ procfs: join(frame, 'proc'), sysfs: join(frame, 'sys'), rootfs: frame })
        yield { atMs, wallMs: startWallMs + atMs, host }
      }
    },
  }
}

function readMeta(directory: string): { startTime?: string; node?: string } {
  const path = join(directory, 'meta.json')
  if (!existsSync(path)) return {}
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { startTime?: string; node?: string }
  } catch (error) {
    throw new RecordingError(
      `${path}: not JSON (${(error as Error).message}); write {"startTime": "2026-11-22T03:00:00Z"} or remove it`,
    )
  }
}
