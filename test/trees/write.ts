import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DIRECTORY, type Entry, type Files } from './machine.ts'

/** A directory of a frame. */
type Directory = Map<string, Entry | Directory>

/** Where a directory was written; an equal one of a later frame becomes a link to it. */
interface Written {
  readonly directory: Directory
  readonly path: string
  readonly below: ReadonlyMap<string, Written>
}

/** Links may stand for what kernels make; in the root file system they are not followed. */
const LINKED = new Set(['proc', 'sys'])

/** Writes frames, by their milliseconds, as a tree capture. */
export function writeTree(path: string, frames: Iterable<readonly [number, Files]>, startTime: string): void {
  mkdirSync(path)
  writeFileSync(join(path, 'meta.json'), JSON.stringify({ startTime, node: 'worker' }))
  const before = new Map<string, Written>()
  for (const [atMs, files] of frames) {
    const frame = join(path, String(atMs))
    mkdirSync(frame)
    for (const [name, entry] of nested(files)) {
      if (entry instanceof Map && LINKED.has(name)) before.set(name, link(join(frame, name), entry, before.get(name)))
      else write(join(frame, name), entry)
    }
  }
}

function nested(files: Files): Directory {
  const root: Directory = new Map()
  for (const [path, entry] of files) {
    const parts = path.split('/')
    let directory = root
    for (const part of parts.slice(0, -1)) {
      const next = directory.get(part) ?? new Map()
      if (!(next instanceof Map)) throw new Error(`${path} lies below a file`)
      directory.set(part, next)
      directory = next
    }
    directory.set(parts.at(-1)!, entry)
  }
  return root
}

function write(path: string, entry: Entry | Directory): void {
  if (entry instanceof Map || entry === DIRECTORY) {
    mkdirSync(path)
    if (entry instanceof Map) for (const [name, below] of entry) write(join(path, name), below)
    return
  }
  if (typeof entry === 'string' || entry instanceof Uint8Array) {
    writeFileSync(path, entry)
    return
  }
  writeFileSync(path, '')
  truncateSync(path, entry.sizeBytes)
}

/** Writes what is new in a directory; the rest becomes links. */
function link(path: string, directory: Directory, before: Written | undefined): Written {
  if (before !== undefined && equal(directory, before.directory)) {
    symlinkSync(before.path, path)
    return before
  }
  mkdirSync(path)
  const below = new Map<string, Written>()
  for (const [name, entry] of directory) {
    const at = join(path, name)
    if (entry instanceof Map) below.set(name, link(at, entry, before?.below.get(name)))
    else write(at, entry)
  }
  return { directory, path, below }
}

function equal(a: Directory, b: Directory): boolean {
  if (a.size !== b.size) return false
  for (const [name, entry] of a) {
    const other = b.get(name)
    if (entry instanceof Map && other instanceof Map ? !equal(entry, other) : entry !== other) return false
  }
  return true
}
