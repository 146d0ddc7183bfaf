import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Blocking, type FileEntry, type Host, MAX_TEXT_BYTES, type StatFs } from '../host.ts'
import { fault, ok, type Reading } from '../reading.ts'
import { directCalls } from './calls.ts'
import { attempt, errnoFault } from './live.ts'
import { type Roots, under } from './roots.ts'

/** A directory that looks like `/`. Nothing is taken from outside it: what is not there is absent. */
export class TreeHost implements Host {
  readonly blocking: Blocking
  readonly #roots: Roots
  readonly #ofInit: boolean

  constructor(roots: Roots) {
    this.#roots = roots
    this.#ofInit = existsSync(join(roots.procfs, '1'))
    const calls = directCalls(roots.rootfs)
    const statfs = statfsTable(join(dirname(roots.procfs), 'statfs.json'))
    this.blocking = {
      statfs: async path => {
        if (!statfs.ok) return statfs
        return Object.hasOwn(statfs.value, path)
          ? ok(statfs.value[path]!)
          : fault('Absent', `statfs.json has no ${path}`)
      },
      readText: async (path, maxBytes) => calls.readText(path, maxBytes),
      files: async (path, depth) => asNew(calls.files(path, depth)),
      resolve: async path => calls.resolve(path),
    }
  }

  read(path: string): Reading<string> {
    const real = this.#find(path)
    try {
      const descriptor = openSync(real, 'r')
      try {
        return fstatSync(descriptor).size > MAX_TEXT_BYTES
          ? fault('TooLarge', `${path} is larger than ${MAX_TEXT_BYTES} bytes`)
          : ok(readFileSync(descriptor, 'utf8'))
      } finally {
        closeSync(descriptor)
      }
    } catch (error) {
      return errnoFault(path, error)
    }
  }

  list(path: string): Reading<string[]> {
    return attempt(path, () => readdirSync(this.#find(path)))
  }

  readlink(path: string): Reading<string> {
    return attempt(path, () => readlinkSync(this.#find(path)))
  }

  /** A copy made by hand often lacks pid 1: then `net/*`, `mountinfo` and `mounts` of the tree itself stand for its. */
  #find(path: string): string {
    const own = /^\/proc\/1\/(net\/.*|mountinfo|mounts)$/.exec(path)?.[1]
    if (own === undefined || (this.#ofInit && existsSync(under(this.#roots, path)))) return under(this.#roots, path)
    return under(this.#roots, own === 'mountinfo' ? '/proc/self/mountinfo' : `/proc/${own}`)
  }
}

/** The last moment that a Date can hold. */
const NEWEST_MS = 8.64e15

/** Neither git nor a plain copy keeps when a file was changed, so in a tree none is old: it is there, that is all it says. */
function asNew(files: Reading<FileEntry[]>): Reading<FileEntry[]> {
  return files.ok ? { ...files, value: files.value.map(file => ({ ...file, modifiedMs: NEWEST_MS })) } : files
}

/** `statfs.json` beside `proc/`: `{"<mount point>": {"blockSize", "blocks", …}}`. */
function statfsTable(path: string): Reading<Record<string, StatFs>> {
  const text = attempt(path, () => readFileSync(path, 'utf8'))
  if (!text.ok) return text
  try {
    const table: unknown = JSON.parse(text.value)
    if (typeof table === 'object' && table !== null) return ok(table as Record<string, StatFs>)
    return fault('Malformed', `${path}: not an object by mount point`)
  } catch (error) {
    return fault('Malformed', `${path}: ${(error as Error).message}`)
  }
}
