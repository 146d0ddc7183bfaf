import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { type Blocking, type Host, MAX_TEXT_BYTES, type Services } from '../host.ts'
import { fault, ok, type Reading } from '../reading.ts'
import { type Roots, under } from './roots.ts'
import { liveServices } from './services.ts'

/** Asked of the kernel at a time: a sysctl allocates and clears as much as is asked for, and fails from 4 MiB on (fs/proc/proc_sysctl.c). */
const CHUNK_BYTES = 64 * 1024
/** Attributes and sysctls answer whole in one read; of other files the end is only told by a read that finds nothing. */
const ONE_READ = /^\/(sys|proc\/sys)\//
/** Descriptors kept open at most; on a machine with more files than this the rest is opened for each read. */
const MAX_KEPT = 512

/**
 * The running machine. Pseudo-files are read synchronously with pread at offset 0 through kept descriptors into one reused
 * buffer: 1.1 times the cost of C, where promises cost 30 times as much.
 */
export class LiveHost implements Host {
  readonly blocking: Blocking
  readonly services: Services
  readonly #roots: Roots
  readonly #kept = new Map<string, number>()
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES)

  constructor(roots: Roots, blocking: Blocking, services: Services = liveServices()) {
    this.#roots = roots
    this.blocking = blocking
    this.services = services
  }

  read(path: string): Reading<string> {
    const kept = this.#kept.get(path)
    if (kept !== undefined) {
      const reading = this.#text(path, kept)
      if (reading.ok) return reading
      // The device or process behind a kept descriptor may be gone and back under the same name: look once more.
      this.#kept.delete(path)
      closeSync(kept)
    }
    return this.#openAndRead(path)
  }

  list(path: string): Reading<string[]> {
    return attempt(path, () => readdirSync(under(this.#roots, path)))
  }

  readlink(path: string): Reading<string> {
    return attempt(path, () => readlinkSync(under(this.#roots, path)))
  }

  close(): void {
    for (const descriptor of this.#kept.values()) closeSync(descriptor)
    this.#kept.clear()
  }

  #openAndRead(path: string): Reading<string> {
    let descriptor: number
    try {
      descriptor = openSync(under(this.#roots, path), 'r')
    } catch (error) {
      return errnoFault(path, error)
    }
    const reading = this.#text(path, descriptor)
    if (reading.ok && this.#kept.size < MAX_KEPT) this.#kept.set(path, descriptor)
    else closeSync(descriptor)
    return reading
  }

  #text(path: string, descriptor: number): Reading<string> {
    try {
      const whole = ONE_READ.test(path)
      let length = 0
      for (;;) {
        if (length === this.#buffer.length && !this.#grow())
          return fault('TooLarge', `${path} is larger than ${MAX_TEXT_BYTES} bytes`)
        const read = readSync(
          descriptor,
          this.#buffer,
          length,
          Math.min(CHUNK_BYTES, this.#buffer.length - length),
          length,
        )
        length += read
        if (read === 0 || (whole && read < CHUNK_BYTES)) return ok(this.#buffer.toString('utf8', 0, length))
      }
    } catch (error) {
      return errnoFault(path, error)
    }
  }

  #grow(): boolean {
    if (this.#buffer.length > MAX_TEXT_BYTES) return false
    const larger = Buffer.allocUnsafe(Math.min(this.#buffer.length * 4, MAX_TEXT_BYTES + 1))
    this.#buffer.copy(larger)
    this.#buffer = larger
    return true
  }
}

export function attempt<T>(path: string, call: () => T): Reading<T> {
  try {
    return ok(call())
  } catch (error) {
    return errnoFault(path, error)
  }
}

/** EOPNOTSUPP: PSI when booted with psi=0. ESRCH, ENODEV, ENXIO: the process or device went away while we looked. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ESRCH', 'ENODEV', 'ENXIO', 'EOPNOTSUPP'])
const DENIED = new Set(['EACCES', 'EPERM'])

function errnoFault(path: string, error: unknown): Reading<never> {
  const code = (error as NodeJS.ErrnoException).code
  if (code === undefined) throw error
  return fault(ABSENT.has(code) ? 'Absent' : DENIED.has(code) ? 'Denied' : 'Io', `${path}: ${code}`)
}
