import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const ROOT = join(import.meta.dirname, '..')
export const BUNDLE = join(ROOT, 'dist/node-agent.cjs')
const CACHE =
  process.env.NODE_AGENT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-agent')

/** The newest node_exporter that `.ci/tools` built, else the one on the PATH, else none. */
export function nodeExporter(): string | null {
  const built = join(CACHE, 'bin/node_exporter')
  if (existsSync(built)) return built
  try {
    return execFileSync('/bin/sh', ['-c', 'command -v node_exporter || command -v prometheus-node-exporter'], {
      encoding: 'utf8',
    }).trim()
  } catch {
    return null
  }
}

const TICK_MS = 10

/** CPU time of a process and of its children that it waited for, ms; to the kernel's tick of 10 ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) * TICK_MS
}

export function memory(pid: number): { rssMb: number; anonymousMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mb = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN) / 1024
  return { rssMb: mb('VmRSS'), anonymousMb: mb('RssAnon') }
}

/** Child processes of a process now (the agent's helpers). */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

export interface Running {
  readonly pid: number
  readonly url: string
  stop(): Promise<void>
}

/** As in `npm start`: a small young generation suits a program that wakes every ten seconds. */
const FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=64']

export async function startAgent(intervalMs: number): Promise<Running> {
  const args = [
    BUNDLE,
    'run',
    '--set',
    `interval=${intervalMs}ms`,
    '--http.listen-address',
    '127.0.0.1:0',
    '--grpc.listen-address',
    '127.0.0.1:0',
    '--set',
    'state.file=/run/node-agent-bench.json',
  ]
  const [program, ...rest] = [process.execPath, ...FLAGS, ...args]
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', chunk => {
      text += String(chunk)
      const found = /"http":\{[^}]*"port":(\d+)/.exec(text)?.[1]
      if (found) resolve(Number(found))
    })
    child.on('exit', code => reject(new Error(`the agent ended with ${code}: ${text}`)))
  })
  return running(child, `http://127.0.0.1:${port}`)
}

export async function startNodeExporter(binary: string): Promise<Running> {
  const port = 20_000 + (process.pid % 10_000)
  const child = spawn(binary, [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(`${url}/metrics`).then(
        answer => answer.text().then(() => true),
        () => false,
      )
    )
      return running(child, url)
    await sleep(50)
  }
  child.kill()
  throw new Error('node_exporter does not answer')
}

function running(child: ChildProcess, url: string): Running {
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return {
    pid: child.pid!,
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

export function row(label: string, value: number, unit: string, note = ''): void {
  console.log(`${label.padEnd(52)} ${value.toFixed(2).padStart(9)} ${unit.padEnd(4)} ${note}`)
}
