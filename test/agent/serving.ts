import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Config } from '../../agent/config/config.ts'
import { toConfig } from '../../agent/config/config.ts'
import { loadConfig } from '../../agent/config/load.ts'
import { History } from '../../agent/history.ts'
import { Calls } from '../../agent/kubernetes/calls.ts'
import type { Report, ReportedProblem } from '../../agent/report.ts'
import { Health } from '../../agent/serve/health.ts'
import { Metrics } from '../../agent/serve/metrics.ts'
import type { Views } from '../../agent/serve/routes.ts'
import type { ReportSource } from '../../agent/serve/source.ts'
import type { Sample } from '../../collectors/index.ts'

/** No cluster. */
export const NO_CALLS = new Calls()

export const silent = pino({ level: 'silent' })

/** Defaults, on free ports. */
export function config(...set: string[]): Config {
  const leaves = ['http.listenAddress=127.0.0.1:0', 'grpc.listenAddress=127.0.0.1:0', ...set].map(text => {
    const [key, value] = text.split(/=(.*)/s)
    return { path: key!.split('.'), value: value === 'true' ? true : value, origin: '--set' }
  })
  return toConfig(loadConfig({ file: undefined, environment: {}, flags: leaves, set: [] }), {})
}

export const slowDisk: ReportedProblem = {
  id: 'DiskSlow/vdb',
  condition: 'DiskSlow',
  reason: 'DiskLatencyHigh',
  severity: 'critical',
  subject: { kind: 'Disk', name: 'vdb', displayName: 'vg0-orders', role: 'node' },
  since: '2026-11-22T03:00:00.000Z',
  message: 'vdb answers writes in 11.2 s',
  evidence: { writeAwaitMs: 11165, hot: true, model: 'virtio "x"\n' },
  culprits: [
    { kind: 'Container', namespace: 'default', pod: 'java', share: 0.67, evidence: { writeBytesPerSecond: 5 } },
  ],
  causedBy: [],
  remedy: 'See who writes.',
  runbook: 'docs/runbooks/DiskSlow.md',
}

/** A report at `seconds` past three o'clock. */
export function reportAt(seconds: number, more: Partial<Report> = {}): Report {
  return {
    apiVersion: 'node-agent/v1',
    node: 'worker-3',
    time: new Date(Date.UTC(2026, 10, 22, 3, 0, seconds)).toISOString(),
    verdict: 'Unhealthy',
    problems: [slowDisk],
    conditions: [
      {
        type: 'DiskSlow',
        status: 'True',
        reason: 'DiskLatencyHigh',
        message: 'vdb answers writes in 11.2 s',
        lastTransitionTime: '2026-11-22T03:00:00.000Z',
        lastHeartbeatTime: new Date(Date.UTC(2026, 10, 22, 3, 0, seconds)).toISOString(),
      },
    ],
    signals: {
      'cpu.load1': [{ subject: 'node', value: seconds / 100 }],
      'disk.writeAwaitMs': [
        { subject: 'vda', value: 2 },
        { subject: 'vdb', value: 11165 },
      ],
      'filesystem.usedRatio': [
        { subject: '/var', value: 0.5 },
        { subject: '/var#inodes', value: 0.25 },
      ],
    },
    collectors: {
      loadavg: { status: 'ok', durationMs: 0.1, ageMs: 0, error: null },
      cpu: { status: 'failed', durationMs: 1.5, ageMs: 10_000, error: 'cpu: denied' },
      conntrack: { status: 'absent', durationMs: 0.1, ageMs: 0, error: 'not loaded' },
    },
    publishing: { enabled: false, detail: 'no cluster' },
    inventory: { kernel: '6.12.1', cpus: 2 },
    agent: {
      version: '0.1.0',
      uptimeSeconds: 60,
      cycle: { count: 6, durationMs: 5, cpuMs: 4.5, intervalMs: 10_000, gaps: 0, lastGapMs: 0 },
      rssBytes: 70_000_000,
    },
    ...more,
  }
}

/** What the loop is in production. */
export class FakeSource implements ReportSource {
  latest: Report | null = null
  sample: Sample | null = null
  intervalMs = 10_000
  ageMs = 0
  readonly #listeners = new Set<(report: Report) => void>()

  loopAgeMs(): number {
    return this.ageMs
  }

  subscribe(listener: (report: Report) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  push(report: Report): void {
    this.latest = report
    for (const listener of this.#listeners) listener(report)
  }
}

export function viewsOf(source: FakeSource, raw = false): Views {
  const history = new History(source.intervalMs)
  const metrics = new Metrics(source, history, NO_CALLS, raw)
  source.subscribe(report => {
    history.record(report)
    metrics.see(report)
  })
  return { source, history, metrics, health: new Health(source) }
}

/** A directory with a CA, a server certificate for 127.0.0.1, a client certificate, and a foreign client certificate. */
export function certificates(): string {
  const directory = mkdtempSync(join(tmpdir(), 'node-agent-tls-'))
  for (const ca of ['ca', 'foreign'])
    openssl(directory, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-subj', `/CN=${ca}`, '-keyout', `${ca}.key`, '-out', `${ca}.crt`) // biome-ignore format: one command
  issue(directory, 'server')
  issue(directory, 'client')
  issue(directory, 'stranger', 'foreign')
  return directory
}

/** Issues a certificate `name`.crt with its key, replacing the one before. */
export function issue(directory: string, name: string, ca = 'ca'): void {
  openssl(directory, 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', `${name}.key`, '-out', `${name}.csr`) // biome-ignore format: one command
  openssl(directory, 'x509', '-req', '-in', `${name}.csr`, '-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-CAcreateserial',
    '-days', '2', '-copy_extensions', 'copy', '-out', `${name}.crt`) // biome-ignore format: one command
}

function openssl(cwd: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd, stdio: 'pipe' })
}

/** Waits until something holds; the last resort where nothing tells. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
