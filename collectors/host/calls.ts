import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statfsSync,
} from 'node:fs'
import { join, posix } from 'node:path'
import { type FileEntry, MAX_FILES, type StatFs } from '../host.ts'
import { fault, ok, type Reading } from '../reading.ts'
import { attempt } from './live.ts'

/**
 * The calls of `Blocking`, done at once: in a helper process for the live machine, directly for a tree.
 * Paths are below `rootfs`, which is the machine's `/` as we see it.
 */
export interface Calls {
  statfs(path: string): Reading<StatFs>
  readText(path: string, maxBytes: number): Reading<string>
  files(path: string, depth: number): Reading<FileEntry[]>
  resolve(path: string): Reading<string>
}

export function directCalls(rootfs: string): Calls {
  return {
    statfs: path => attempt(path, () => statfs(join(rootfs, path))),
    readText: (path, maxBytes) => readRegularFile(path, join(rootfs, path), maxBytes),
    files: (path, depth) => attempt(path, () => [...walk(join(rootfs, path), '', depth)].slice(0, MAX_FILES)),
    resolve: path => attempt(path, () => resolveBelow(rootfs, path)),
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
function readRegularFile(path: string, real: string, maxBytes: number): Reading<string> {
  return flatten(
    attempt(path, () => {
      const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        const stat = fstatSync(descriptor)
        if (!stat.isFile()) return fault('Malformed', `${path} is not a regular file`)
        if (stat.size > maxBytes) return fault('TooLarge', `${path} is larger than ${maxBytes} bytes`)
        const buffer = Buffer.alloc(maxBytes)
        return ok(buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, maxBytes, 0)))
      } finally {
        closeSync(descriptor)
      }
    }),
  )
}

const flatten = <T>(reading: Reading<Reading<T>>): Reading<T> => (reading.ok ? reading.value : reading)

function* walk(root: string, below: string, depth: number): Generator<FileEntry> {
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const path = posix.join(below, entry.name)
    if (entry.isDirectory() && depth > 1) yield* tolerant(() => walk(root, path, depth - 1))
    else if (entry.isFile()) yield* tolerant(() => [describe(root, path)])
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

/** realpath(3) below another root: an absolute link target starts there again. ELOOP after as many links as the kernel follows. */
function resolveBelow(rootfs: string, path: string): string {
  let done = '/'
  const todo = path.split('/').filter(Boolean)
  for (let links = 0; todo.length > 0; ) {
    const next = posix.join(done, todo.shift()!)
    if (!lstatSync(join(rootfs, next)).isSymbolicLink()) {
      done = next
      continue
    }
    if (++links > 40) throw Object.assign(new Error(path), { code: 'ELOOP' })
    const target = readlinkSync(join(rootfs, next))
    if (posix.isAbsolute(target)) done = '/'
    todo.unshift(...target.split('/').filter(Boolean))
  }
  return done
}
