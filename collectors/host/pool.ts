import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Blocking, JsonKeys } from '../host.ts'
import { fault, type Reading } from '../reading.ts'
import type { Answer, Request } from './helper.ts'

/** A local statfs takes microseconds, a walk of a node's log directories milliseconds: 2 s is a sick disk. */
const DEADLINE_MS = 2_000
/** A fresh helper has to start Node.js first, on a starved machine slowly. */
const STARTUP_MS = 5_000
/** Helpers that may hang in the kernel at one time; past it blocking calls fail at once. */
const MAX_STUCK = 4
/** A call that hung is asked again after this long at the earliest: a helper that can be killed would otherwise be started anew each cycle. */
const RETRY_MS = 60_000

interface Call {
  readonly key: string
  readonly request: Request
  readonly settle: (reading: Reading<unknown>) => void
}

interface Helper {
  readonly child: ChildProcess
  /** Sent and not answered; the helper is at work on the first. */
  readonly waiting: Call[]
  timer: NodeJS.Timeout | undefined
  answered: boolean
  unsent: string
}

/**
 * Blocking calls in a helper process, which does one after the other. One that misses its deadline is abandoned with the
 * call that stuck, the calls behind it go to a fresh one. Not a thread: with a thread in D state a process can neither
 * exit nor free its ports.
 */
export class HelperPool implements Omit<Blocking, 'statfsServed'> {
  readonly #command: readonly string[]
  readonly #deadlineMs: number
  readonly #startupMs: number
  readonly #stuck = new Map<ChildProcess, string>()
  readonly #notBefore = new Map<string, number>()
  #helper: Helper | undefined
  #lastId = 0

  /** `command`: program and arguments that end in `serveHelper`. */
  constructor(command: readonly string[], { deadlineMs = DEADLINE_MS, startupMs = STARTUP_MS } = {}) {
    this.#command = command
    this.#deadlineMs = deadlineMs
    this.#startupMs = startupMs
  }

  statfs = (path: string) => this.#call<never>('statfs', [path])
  readText = (path: string, maxBytes: number) => this.#call<never>('readText', [path, maxBytes])
  readJson = (path: string, maxBytes: number, keys: JsonKeys) => this.#call<never>('readJson', [path, maxBytes, keys])
  files = (path: string, depth: number) => this.#call<never>('files', [path, depth])
  resolve = (path: string) => this.#call<never>('resolve', [path])

  /** Calls that hang in the kernel now, e.g. `statfs /mnt/nfs`. */
  get stuck(): string[] {
    return [...this.#stuck.values()]
  }

  close(): void {
    if (this.#helper) this.#end(this.#helper)
    this.#helper = undefined
  }

  #call<T>(call: Request['call'], args: readonly unknown[]): Promise<Reading<T>> {
    const key = `${call} ${args[0]}`
    if ([...this.#stuck.values()].includes(key)) return Promise.resolve(fault('Timeout', `${key} hangs in the kernel`))
    if ((this.#notBefore.get(key) ?? 0) > performance.now())
      return Promise.resolve(fault('Timeout', `${key} did not answer`))
    if (this.#stuck.size >= MAX_STUCK)
      return Promise.resolve(fault('Timeout', `${key} not tried: ${MAX_STUCK} helpers hang in the kernel`))
    this.#notBefore.delete(key)
    return new Promise(resolve => {
      this.#send({
        key,
        request: { id: ++this.#lastId, call, args },
        settle: resolve as (reading: Reading<unknown>) => void,
      })
    })
  }

  #send(call: Call): void {
    this.#helper ??= this.#start()
    const helper = this.#helper
    helper.waiting.push(call)
    // A cycle's calls come all at once: they go out in one write.
    if (helper.unsent === '') setImmediate(() => this.#flush(helper))
    helper.unsent += `${JSON.stringify(call.request)}\n`
    if (helper.waiting.length === 1) this.#watch(helper)
  }

  #flush(helper: Helper): void {
    if (helper.child.stdin?.writable) helper.child.stdin.write(helper.unsent)
    helper.unsent = ''
  }

  #start(): Helper {
    const [program, ...args] = this.#command
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'], env: {}, cwd: '/', detached: true })
    const helper: Helper = { child, waiting: [], timer: undefined, answered: false, unsent: '' }
    child.on('error', () => this.#lost(helper))
    child.on('exit', () => this.#lost(helper))
    child.stdin.on('error', () => undefined) // EPIPE: the exit is reported above
    createInterface({ input: child.stdout }).on('line', line => {
      const answer = parseAnswer(line)
      if (answer) this.#answered(helper, answer)
    })
    // Only calls under way keep the agent alive, by their timer.
    child.unref()
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref()
    return helper
  }

  /** Starts the deadline of the call that the helper is at work on. */
  #watch(helper: Helper): void {
    clearTimeout(helper.timer)
    const ms = helper.answered ? this.#deadlineMs : this.#deadlineMs + this.#startupMs
    helper.timer = helper.waiting.length > 0 ? setTimeout(() => this.#abandon(helper), ms) : undefined
  }

  #answered(helper: Helper, answer: Answer): void {
    if (helper.waiting[0]?.request.id !== answer.id) return // late word from an abandoned one
    helper.answered = true
    helper.waiting.shift()?.settle(answer.reading)
    this.#watch(helper)
  }

  #abandon(helper: Helper): void {
    const [hung, ...behind] = helper.waiting.splice(0)
    this.#helper = undefined
    if (hung) {
      this.#stuck.set(helper.child, hung.key)
      this.#notBefore.set(hung.key, performance.now() + RETRY_MS)
      hung.settle(fault('Timeout', `${hung.key} did not answer within ${this.#deadlineMs / 1000} s`))
    }
    this.#end(helper)
    for (const call of behind) {
      if (this.#stuck.size < MAX_STUCK) this.#send(call)
      else call.settle(fault('Timeout', `${call.key} not tried: ${MAX_STUCK} helpers hang in the kernel`))
    }
  }

  /** Gone: released from the kernel after it was abandoned, or died by itself (killed for memory, say). */
  #lost(helper: Helper): void {
    clearTimeout(helper.timer)
    this.#stuck.delete(helper.child)
    if (this.#helper === helper) this.#helper = undefined
    for (const call of helper.waiting.splice(0)) call.settle(fault('Io', `${call.key}: the helper process ended`))
  }

  #end(helper: Helper): void {
    clearTimeout(helper.timer)
    helper.child.stdin?.destroy()
    helper.child.stdout?.destroy()
    helper.child.kill('SIGKILL')
  }
}

/** A helper that was killed in mid-answer leaves half a line; its end is told by the exit. */
function parseAnswer(line: string): Answer | null {
  try {
    return JSON.parse(line) as Answer
  } catch {
    return null
  }
}
