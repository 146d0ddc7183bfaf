import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { type Blocking, type FileEntry, type Host, MAX_TEXT_BYTES, type StatFs } from '../host.ts'
import { fault, ok, type Reading } from '../reading.ts'
import { type Calls, directCalls, readRegularFile, resolveLinks } from './calls.ts'
import { attempt } from './live.ts'
import { type Roots, under } from './roots.ts'
import { NO_SERVICES } from './services.ts'

/**
 * A directory that looks like `/`. Nothing is taken from outside it: what is not there is absent, symbolic links that
 * lead out are resolved below its root. A tree may come from a stranger: what is no regular file is not read.
 */
export class TreeHost implements Host {
  readonly blocking: Blocking
  readonly services = NO_SERVICES
  readonly #roots: Roots
  readonly #within: readonly string[]
  readonly #ofInit: boolean

  /** `recording`: the directory of all frames, among which links are followed: what did not change may be one. */
  constructor(roots: Roots, recording = roots.rootfs) {
    this.#roots = roots
    const elsewhere = [roots.procfs, roots.sysfs].filter(root => dirname(root) !== roots.rootfs)
    this.#within = [recording, ...elsewhere]
      .filter(directory => existsSync(directory))
      .map(directory => realpath(directory))
    this.#ofInit = existsSync(join(roots.procfs, '1'))
    this.blocking = treeCalls(directCalls(roots.rootfs), statfsTable(join(dirname(roots.procfs), 'statfs.json')))
  }

  read(path: string): Reading<string> {
    const real = attempt(path, () => this.#inside(this.#find(path)))
    return real.ok ? readRegularFile(path, real.value, MAX_TEXT_BYTES) : real
  }

  list(path: string): Reading<string[]> {
    return attempt(path, () => readdirSync(this.#inside(this.#find(path))))
  }

  readlink(path: string): Reading<string> {
    return attempt(path, () => readlinkSync(join(this.#inside(posix.dirname(path)), posix.basename(path))))
  }

  #inside(path: string): string {
    const real = (below: string) =>
      below === '/proc' ? this.#roots.procfs : below === '/sys' ? this.#roots.sysfs : under(this.#roots, below)
    const led = attempt(path, () => realpath(real(path)))
    if (led.ok && this.#within.some(directory => isBelow(led.value, directory))) return led.value
    return real(resolveLinks(real, path))
  }

  /** A copy made by hand often lacks pid 1: then `net/*`, `mountinfo` and `mounts` of the tree itself stand for its. */
  #find(path: string): string {
    const own = /^\/proc\/1\/(net\/.*|mountinfo|mounts)$/.exec(path)?.[1]
    if (own === undefined || (this.#ofInit && existsSync(under(this.#roots, path)))) return path
    return own === 'mountinfo' ? '/proc/self/mountinfo' : `/proc/${own}`
  }
}

/** The last moment that a Date can hold. */
const NEWEST_MS = 8.64e15

/** Neither git nor a plain copy keeps when a file was changed, so in a tree none is old: it is there, that is all it says. */
function asNew(files: Reading<FileEntry[]>): Reading<FileEntry[]> {
  return files.ok ? { ...files, value: files.value.map(file => ({ ...file, modifiedMs: NEWEST_MS })) } : files
}

const realpath = realpathSync.native

const isBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)

function treeCalls(calls: Calls, statfs: Reading<Record<string, StatFs>>): Blocking {
  const inside = <T>(path: string, call: (path: string) => Reading<T>): Reading<T> => {
    const real = calls.resolve(path)
    return real.ok ? call(real.value) : real
  }
  /** A link as the last component is not followed. */
  const fileInside = (path: string, call: (path: string) => Reading<string>): Reading<string> =>
    inside(posix.dirname(path), directory => call(posix.join(directory, posix.basename(path))))
  const told = async (path: string): Promise<Reading<StatFs>> => {
    if (!statfs.ok) return statfs
    return Object.hasOwn(statfs.value, path) ? ok(statfs.value[path]!) : fault('Absent', `statfs.json has no ${path}`)
  }
  return {
    statfs: told,
    statfsServed: told,
    readText: async (path, maxBytes) => fileInside(path, real => calls.readText(real, maxBytes)),
    readJson: async (path, maxBytes, keys) => fileInside(path, real => calls.readJson(real, maxBytes, keys)),
    files: async (path, depth) => asNew(inside(path, directory => calls.files(directory, depth))),
    resolve: async path => calls.resolve(path),
  }
}

/** `statfs.json` beside `proc/`: `{"<mount point>": {"blockSize", "blocks", …}}`. */
function statfsTable(path: string): Reading<Record<string, StatFs>> {
  const text = readRegularFile(path, path, MAX_TEXT_BYTES)
  if (!text.ok) return text
  try {
    const table: unknown = JSON.parse(text.value)
    if (typeof table === 'object' && table !== null) return ok(table as Record<string, StatFs>)
    return fault('Malformed', `${path}: not an object by mount point`)
  } catch (error) {
    return fault('Malformed', `${path}: ${(error as Error).message}`)
  }
}
