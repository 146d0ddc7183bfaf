import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  statfsSync,
} from 'node:fs'
import { join, posix } from 'node:path'
import { type FileEntry, type JsonKeys, MAX_FILES, type StatFs } from '../host.ts'
import { fault, ok, okBut, type Reading } from '../reading.ts'
import { pickJson } from './json.ts'
import { attempt } from './live.ts'

/**
 * The calls of `Blocking`, done at once: in a helper process for the live machine, directly for a tree.
 * Paths are below `rootfs`, which is the machine's `/` as we see it.
 */
export interface Calls {
  statfs(path: string): Reading<StatFs>
  readText(path: string, maxBytes: number): Reading<string>
  readJson(path: string, maxBytes: number, keys: JsonKeys): Reading<string>
  files(path: string, depth: number): Reading<FileEntry[]>
  resolve(path: string): Reading<string>
}

export function directCalls(rootfs: string): Calls {
  return {
    statfs: path => attempt(path, () => statfs(join(rootfs, path))),
    readText: (path, maxBytes) => readRegularFile(path, join(rootfs, path), maxBytes),
    readJson: (path, maxBytes, keys) => pickJson(path, readRegularFile(path, join(rootfs, path), maxBytes), keys),
    files: (path, depth) => flatten(attempt(path, () => filesBelow(path, join(rootfs, path), depth))),
    resolve: path => attempt(path, () => resolveLinks(below => join(rootfs, below), path)),
  }
}

function statfs(path: string): StatFs {
  const s = statfsSync(path)
  // statfs(2) counts blocks in units of f_frsize, which FUSE and NFS set apart from f_bsize.
  return {
    blockSize: s.frsize || s.bsize,
    blocks: s.blocks,
    freeBlocks: s.bfree,
    availableBlocks: s.bavail,
    files: s.files,
    freeFiles: s.ffree,
  }
}

/** Refuses what is not a regular file and does not wait for a FIFO's writer: names in log directories are under others' control. */
export function readRegularFile(path: string, real: string, maxBytes: number): Reading<string> {
  return flatten(
    attempt(path, () => {
      const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const stat = fstatSync(descriptor)
        if (!stat.isFile()) return fault('Malformed', `${path} is not a regular file`)
        if (stat.size > maxBytes) return fault('TooLarge', `${path} is larger than ${maxBytes} bytes`)
        const buffer = Buffer.alloc(stat.size)
        return ok(buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, 0)))
      } finally {
        closeSync(descriptor)
      }
    }),
  )
}

const flatten = <T>(reading: Reading<Reading<T>>): Reading<T> => (reading.ok ? reading.value : reading)

/** Stops at the limit and says so: the walk of a directory without bounds would not end before its deadline. */
function filesBelow(path: string, real: string, depth: number): Reading<FileEntry[]> {
  const files: FileEntry[] = []
  for (const file of walk(real, '', depth)) {
    if (files.length === MAX_FILES)
      return okBut(files, fault('TooLarge', `${path}: more than ${MAX_FILES} files`).fault)
    files.push(file)
  }
  return ok(files)
}

function* walk(root: string, below: string, depth: number): Generator<FileEntry> {
  const directory = opendirSync(join(root, below), { bufferSize: 256 })
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const path = posix.join(below, entry.name)
      if (entry.isDirectory() && depth > 1) yield* tolerant(() => walk(root, path, depth - 1))
      else if (entry.isFile()) yield* tolerant(() => [describe(root, path)])
    }
  } finally {
    directory.closeSync()
  }
}

/** Files come and go while we walk: what vanished meanwhile is not there. The directory asked for must be. */
function* tolerant(list: () => Iterable<FileEntry>): Generator<FileEntry> {
  try {
    yield* list()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function describe(root: string, path: string): FileEntry {
  const stat = lstatSync(join(root, path))
  return { path, sizeBytes: stat.size, allocatedBytes: stat.blocks * 512, inode: stat.ino, modifiedMs: stat.mtimeMs }
}

/**
 * realpath(3) below another root: an absolute link target starts there again. `real` says where a path of the machine is
 * for us. ELOOP after as many links as the kernel follows.
 */
export function resolveLinks(real: (path: string) => string, path: string): string {
  let done = '/'
  const todo = path.split('/').filter(Boolean)
  for (let links = 0; todo.length > 0; ) {
    const next = posix.join(done, todo.shift()!)
    if (!lstatSync(real(next)).isSymbolicLink()) {
      done = next
      continue
    }
    if (++links > 40) throw Object.assign(new Error(path), { code: 'ELOOP' })
    const target = readlinkSync(real(next))
    if (posix.isAbsolute(target)) done = '/'
    todo.unshift(...target.split('/').filter(Boolean))
  }
  return done
}
