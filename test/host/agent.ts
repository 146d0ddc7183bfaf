import { existsSync } from 'node:fs'
import type { Agent as HttpAgent, IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Report, ReportedProblem } from '../../agent/report.ts'
import { background, processState } from './beds/processes.ts'
import { scratch } from './beds/scratch.ts'
import { bed, type Undo } from './beds/undo.ts'
import { type Pace, until } from './beds/wait.ts'

/** What is shipped is what is tested: `npm run build` makes it. */
export const BUNDLE = fileURLToPath(new URL('../../dist/node-agent.cjs', import.meta.url))

export interface Agent {
  readonly pid: number
  readonly http: number
  readonly grpc: number
  /** Where its verdicts survive it. */
  readonly stateFile: string
  /** All that it has logged so far. */
  log(): string
  status(): Promise<Report>
  /** Sends SIGTERM and gives how it ended. */
  stop(): Promise<Ended>
  readonly ended: Promise<Ended>
}

/** Exit code, or the signal that ended it. */
export type Ended = number | NodeJS.Signals

export interface Options {
  /** Configuration keys. */
  set?: Readonly<Record<string, string | number>>
  http?: number
  grpc?: number
  stateFile?: string
  args?: readonly string[]
  /** Flags of Node.js itself. */
  node?: readonly string[]
}

/** The daemon as shipped, on free ports and with a state file of its own; ended with the test. */
export async function startAgent(t: Test, options: Options = {}): Promise<Agent> {
  const { undo, stateFile } = await workplace(t, options)
  const child = background(
    undo,
    process.execPath,
    [...(options.node ?? []), BUNDLE, ...runArguments(stateFile, options)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => (text += part))
  const ended = new Promise<Ended>(resolve => child.once('exit', (code, signal) => resolve(signal ?? code ?? 0)))
  const ports = await until('the agent to say its ports', () => {
    if (processState(child.pid) === undefined) throw new Error(`the agent ended: ${text}`)
    return listening(text)
  })
  await until('the first report', () => statusOf(ports.http))
  return {
    pid: child.pid,
    ...ports,
    stateFile,
    log: () => text,
    status: () => statusOf(ports.http),
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
    ended,
  }
}

/** A directory for its state, and the steps that undo all when the test is over. */
export async function workplace(
  t: Test,
  options: Options = {},
): Promise<{ undo: Undo; dir: string; stateFile: string }> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is not there: npm run build`)
  const made = await bed(undo => ({ undo, dir: scratch(undo) }))
  t.teardown(made.close)
  return { undo: made.undo, dir: made.dir, stateFile: options.stateFile ?? join(made.dir, 'state.json') }
}

export function runArguments(stateFile: string, { set = {}, http = 0, grpc = 0, args = [] }: Options): string[] {
  const settings = { interval: '500ms', ...set, 'state.file': stateFile }
  return [
    'run',
    ...['--http.listen-address', `127.0.0.1:${http}`, '--grpc.listen-address', `127.0.0.1:${grpc}`],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ...args,
  ]
}

function listening(log: string): { http: number; grpc: number } | undefined {
  const line = log.split('\n').find(row => row.includes('"http"'))
  if (line === undefined) return undefined
  const { http, grpc } = JSON.parse(line) as Record<'http' | 'grpc', { port: number }>
  return { http: http.port, grpc: grpc.port }
}

export async function statusOf(port: number): Promise<Report> {
  const response = await answerOf(port, '/status')
  if (response.status !== 200) throw new Error(`/status answers ${response.status}`)
  return JSON.parse(response.body) as Report
}

/** By default one connection each: a kept one would count as a descriptor of the agent's. */
export function answerOf(
  port: number,
  path: string,
  headers = {},
  agent: HttpAgent | false = false,
): Promise<{ status: number; body: string; type: string }> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, headers, agent }, (response: IncomingMessage) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.once('error', reject)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body, type: response.headers['content-type'] ?? '' }),
      )
    })
    request.once('error', reject)
  })
}

/** The first report that `wanted` accepts, after each one before it was shown to `seen`. */
export async function reportWith(
  agent: Agent,
  what: string,
  wanted: (report: Report) => boolean,
  seen: (report: Report) => void = () => undefined,
  pace?: Pace,
): Promise<Report> {
  let last = -1
  return until(
    what,
    async () => {
      const report = await agent.status()
      if (report.agent.cycle.count === last) return undefined
      last = report.agent.cycle.count
      seen(report)
      return wanted(report) ? report : undefined
    },
    pace,
  )
}

/** A report that comes after `cycles` more of them. */
export async function afterCycles(
  agent: Agent,
  cycles: number,
  seen: (report: Report) => void = () => undefined,
): Promise<Report> {
  const { count, intervalMs } = (await agent.status()).agent.cycle
  const enough = (report: Report) => report.agent.cycle.count >= count + cycles
  const pace = { limitMs: 60_000 + 3 * cycles * intervalMs, everyMs: intervalMs / 4 }
  return reportWith(agent, `${cycles} more cycles`, enough, seen, pace)
}

export const problem = (report: Report, id: string): ReportedProblem | undefined =>
  report.problems.find(candidate => candidate.id === id)

export const signal = (report: Report, name: string, subject = 'node'): number | undefined =>
  report.signals[name]?.find(value => value.subject === subject)?.value

export const conditionStatus = (report: Report, type: string): string | undefined =>
  report.conditions.find(condition => condition.type === type)?.status

/** For programs that do not say which one they got. */
export function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
