import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Undo } from './undo.ts'
import { pause } from './wait.ts'

/** Runs a command to its end and gives its output; a failure carries what the command said. */
export function run(command: string, ...args: string[]): string {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 << 20 })
  if (done.error) throw done.error
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${done.signal ?? `exit ${done.status}`}: ${done.stderr.trim()}`)
  }
  return done.stdout
}

/** A process in a process group of its own, killed with all its children when the bed closes. */
export function background(
  undo: Undo,
  command: string,
  args: string[],
  options: SpawnOptions = {},
): ChildProcess & { pid: number } {
  const child = spawn(command, args, { stdio: 'ignore', ...options, detached: true })
  const { pid } = child
  if (pid === undefined) throw new Error(`cannot start ${command}`)
  undo.add(`${command} ${args.join(' ')} (pid ${pid})`, () => killGroup(pid))
  return Object.assign(child, { pid })
}

/** A shell line in the background: for loads that are one `dd` after another. */
export function shell(undo: Undo, script: string): ChildProcess & { pid: number } {
  return background(undo, '/bin/sh', ['-c', script])
}

/** One of the small programs beside this file, run by the same Node; `ready` gives the first line it prints. */
export function program(
  undo: Undo,
  name: string,
  args: string[],
  wrap: string[] = [],
): { pid: number; child: ChildProcess; ready: Promise<string> } {
  const [command = process.execPath, ...before] = [...wrap, process.execPath]
  const script = fileURLToPath(new URL(name, import.meta.url))
  const child = background(undo, command, [...before, script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ready = new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('exit', (code, signal) => reject(new Error(`${name} ended early: ${signal ?? code}`)))
  })
  ready.catch(() => {})
  return { pid: child.pid, child, ready }
}

/** SIGKILL to a group that we started, and a bounded wait until no member holds anything any more. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
    throw error
  }
  for (let tries = 0; tries < 500; tries++) {
    if (groupIsGone(pid)) return
    pause(20)
  }
  throw new Error(`process group ${pid} is still there 10 s after SIGKILL`)
}

function groupIsGone(group: number): boolean {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'pgid=,stat='], { encoding: 'utf8' })
  return !stdout.split('\n').some(line => {
    const [pgid, state = ''] = line.trim().split(/\s+/)
    // A zombie has let go of files and mounts; Node reaps it when the event loop turns again.
    return Number(pgid) === group && !state.startsWith('Z')
  })
}

/** State letter of /proc/<pid>/stat, undefined when the process is gone. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  } catch {
    return undefined
  }
}
