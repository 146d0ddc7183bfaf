import { createInterface } from 'node:readline'
import type { Reading } from '../reading.ts'
import { directCalls } from './calls.ts'

/** One call for a helper: the name of a `Blocking` method and its arguments. */
export interface Request {
  readonly id: number
  readonly call: 'statfs' | 'readText' | 'readJson' | 'files' | 'resolve'
  readonly args: readonly unknown[]
}

export interface Answer {
  readonly id: number
  readonly reading: Reading<unknown>
}

/**
 * The helper process: requests as JSON lines on stdin, one answer each on stdout, one after the other. It may hang in the
 * kernel for ever; whoever started it counts on that. It ends when its stdin does.
 */
export function serveHelper(rootfs: string): void {
  const calls = directCalls(rootfs)
  createInterface({ input: process.stdin }).on('line', line => {
    const { id, call, args } = JSON.parse(line) as Request
    const answer: Answer = { id, reading: (calls[call] as (...args: readonly unknown[]) => Reading<unknown>)(...args) }
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  })
}
