import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { BUNDLE, freePort, runArguments, statusOf, workplace } from './agent.ts'
import * as hungDisks from './beds/hung-disk.ts'
import { background } from './beds/processes.ts'
import { until } from './beds/wait.ts'
import { hostTest } from './host-test.ts'

/** Enough lines to find out that nobody takes them: a failing collector and problems are logged when they change. */
const set = { 'log.level': 'trace', interval: '100ms' }

/** Runs the agent with this as stdout and stderr; true when its loop turns ten times. */
async function runs(t: Test, where: number | string, stateFile?: string): Promise<{ stop(): Promise<unknown> }> {
  const http = await freePort()
  const { undo, stateFile: own } = await workplace(t)
  const args = [BUNDLE, ...runArguments(stateFile ?? own, { set, http })]
  const child =
    typeof where === 'number'
      ? background(undo, process.execPath, args, { stdio: ['ignore', where, where] })
      : background(undo, '/bin/bash', ['-c', `exec "$@" ${where}`, 'bash', process.execPath, ...args])
  const ended = new Promise(resolve => child.once('exit', (code, signal) => resolve(signal ?? code)))
  await until('ten cycles', async () => (await statusOf(http)).agent.cycle.count >= 10)
  return {
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

for (const [what, where] of [
  ['closed', '>&- 2>&-'],
  ['on a full device', '> /dev/full 2>&1'],
  ['read by nobody any more', '> >(exec true) 2>&1'],
] as const) {
  hostTest(`the loop turns with its output ${what}`, {}, async t => {
    const agent = await runs(t, where)
    t.equal(await agent.stop(), 0)
  })
}

hostTest('the loop turns with its output into a full pipe', { commands: ['mkfifo'] }, async t => {
  const { dir } = await workplace(t)
  const path = join(dir, 'pipe')
  spawnSync('mkfifo', [path])
  const full = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const agents = openSync(path, constants.O_RDWR)
  t.teardown(() => [full, agents].forEach(closeSync))
  t.throws(() => fill(full), { code: 'EAGAIN' })
  const agent = await runs(t, agents)
  t.equal(await agent.stop(), 0)
})

function fill(descriptor: number): void {
  for (;;) writeSync(descriptor, Buffer.alloc(4096))
}

hostTest('the loop turns with its log and its state on a disk that hangs', hungDisks.needs, async t => {
  const bed = await hungDisks.frozenFilesystem()
  t.teardown(bed.close)
  const log = openSync(join(bed.mountPoint, 'log'), 'a')
  t.teardown(() => closeSync(log))
  bed.hang()
  const agent = await runs(t, log, join(bed.mountPoint, 'state.json'))
  bed.release()
  t.equal(await agent.stop(), 0)
})
