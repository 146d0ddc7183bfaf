import { readFileSync } from 'node:fs'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { CannotRun, UsageError } from '../failures.ts'
import { printable } from '../layout.ts'
import type { Report } from '../report.ts'
import { reportText } from '../text.ts'
import { printReport, terminal } from './print.ts'

interface StatusOptions {
  readonly address: string
  readonly output: 'text' | 'json'
  readonly watch?: boolean
  readonly tokenFile?: string
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

const TIMEOUT_MS = 5_000
const WATCH_MS = 2_000
/** Larger than any report; a server that is not ours may send without end. */
const MAX_BYTES = 16 * 1024 * 1024

/** Asks a running agent and shows its report; with `--watch` again and again until interrupted. */
export async function status(options: StatusOptions): Promise<void> {
  const ask = prepare(options)
  if (!options.watch) return printReport(await ask(), options.output)
  for (;;) {
    await showNext(ask, options.output)
    await sleep(WATCH_MS)
  }
}

/** An agent that restarts, or a node too sick to answer in time, is what one watches for: no reason to stop. */
async function showNext(ask: () => Promise<Report>, output: StatusOptions['output']): Promise<void> {
  const clear = process.stdout.isTTY ? '\u001b[H\u001b[2J' : ''
  try {
    const report = await ask()
    if (clear) process.stdout.write(`${clear}${reportText(report, terminal())}\n`)
    else printReport(report, output)
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error
    process.stdout.write(clear)
    console.error(`no answer (${printable(error.message)}), trying again`)
  }
}

/** Checks the flags once; the returned function asks. */
function prepare(options: StatusOptions): () => Promise<Report> {
  const { address, tokenFile } = options
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(address) ?? []
  if (host === undefined) throw new UsageError(`--address ${address}: write HOST:PORT, such as 127.0.0.1:20900`)
  const token = tokenFile === undefined ? undefined : readFlagFile('--token-file', tokenFile).split('\n', 1)[0]!.trim()
  const secureContext = secure(options)
  const request = {
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    path: '/status',
    timeout: TIMEOUT_MS,
    headers: { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(secureContext === undefined ? {} : { secureContext }),
  }
  return async () => parse(address, await get(address, request, secureContext !== undefined))
}

/** What TLS needs, where any of it is named; undefined for plain HTTP. */
function secure({ caFile, certFile, keyFile }: StatusOptions): SecureContext | undefined {
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new UsageError('--cert-file and --key-file go together: name both')
  if (caFile === undefined && certFile === undefined) return undefined
  const pem = {
    ...(caFile === undefined ? {} : { ca: readFlagFile('--ca-file', caFile) }),
    ...(certFile === undefined ? {} : { cert: readFlagFile('--cert-file', certFile) }),
    ...(keyFile === undefined ? {} : { key: readFlagFile('--key-file', keyFile) }),
  }
  try {
    return createSecureContext(pem)
  } catch (error) {
    const flags = [caFile && '--ca-file', certFile && '--cert-file', keyFile && '--key-file'].filter(Boolean)
    throw new UsageError(`${flags.join(', ')}: not PEM, or not of one pair (${(error as Error).message})`)
  }
}

function readFlagFile(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${flag} ${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function get(address: string, options: RequestOptions, tls: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new CannotRun(`${address}: ${why}; is node-agent running there? (--address)`))
    const call = (tls ? httpsRequest : httpRequest)(options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > MAX_BYTES) call.destroy(new Error('too long an answer'))
      })
      response.on('error', error => fail((error as NodeJS.ErrnoException).code ?? error.message))
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : fail(`HTTP ${response.statusCode}`)))
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    call.on('error', error => fail((error as NodeJS.ErrnoException).code ?? error.message))
    call.end()
  })
}

function parse(address: string, text: string): Report {
  try {
    const report = JSON.parse(text) as Report
    if (report.apiVersion === 'node-agent/v1') return report
  } catch {
    // said below
  }
  throw new CannotRun(`${address}: the answer is not a report of node-agent`)
}
