/**
 * What a bed has done to the machine and how each step is undone. Steps are synchronous on purpose: so they also run from
 * an `exit` handler, and a test that throws, times out (SIGTERM) or is interrupted leaves no mount, loop device or process.
 */
export class Undo {
  #steps: Array<{ what: string; step: () => void }> = []

  constructor() {
    open.add(this)
    installHandlers()
  }

  /** Undone in reverse order. Register a step before the thing it undoes can fail half-way. */
  add(what: string, step: () => void): void {
    this.#steps.push({ what, step })
  }

  /** Idempotent. Every step runs even if others fail; all failures are told together. */
  close(): void {
    const failures: Error[] = []
    for (let next = this.#steps.pop(); next; next = this.#steps.pop()) {
      try {
        next.step()
      } catch (cause) {
        failures.push(new Error(`could not undo "${next.what}"`, { cause }))
      }
    }
    open.delete(this)
    if (failures.length > 0) throw new AggregateError(failures, failures.map(describe).join('\n'))
  }
}

/** Builds a bed; if that fails half-way, the half that is there is undone. */
export async function bed<T extends object>(build: (undo: Undo) => T | Promise<T>): Promise<T & { close(): void }> {
  const undo = new Undo()
  try {
    const parts = await build(undo)
    return Object.assign(parts, { close: () => undo.close() })
  } catch (error) {
    try {
      undo.close()
    } catch (second) {
      throw new AggregateError([error, second], `${describe(error)}\n${describe(second)}`)
    }
    throw error
  }
}

const open = new Set<Undo>()
let handlersInstalled = false

function installHandlers(): void {
  if (handlersInstalled) return
  handlersInstalled = true
  process.on('exit', closeAll)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGALRM'] as const) {
    process.on(signal, () => process.exit(1))
  }
}

function closeAll(): void {
  for (const undo of [...open].reverse()) {
    try {
      undo.close()
    } catch (error) {
      process.stderr.write(`${describe(error)}\n`)
    }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`
}
