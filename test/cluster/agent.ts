import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '../../agent/report.ts'
import { until } from '../host/beds/wait.ts'
import type { Cluster } from './cluster.ts'
import { agentImage } from './image.ts'

const MANIFESTS = fileURLToPath(new URL('../../manifests', import.meta.url))
const NAMESPACE = ['--namespace', 'node-agent']

export interface DeployOptions {
  /** Directory below manifests/. */
  readonly from?: string
  /** Instead of config.yaml. */
  readonly config?: string
}

/** Applies the manifests as a user would, and waits until the agent is ready. */
export async function deployAgent(cluster: Cluster, { from = 'base', config }: DeployOptions = {}): Promise<void> {
  await cluster.importImage(await agentImage())
  const dir = mkdtempSync(join(tmpdir(), 'node-agent-manifests-'))
  try {
    if (config !== undefined) writeOverlay(dir, join(MANIFESTS, from), config)
    await cluster.kubectl('apply', '--validate=strict', '-k', config === undefined ? join(MANIFESTS, from) : dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
  await rolledOut(cluster)
}

function writeOverlay(dir: string, base: string, config: string): void {
  const replace = { name: 'node-agent', namespace: 'node-agent', behavior: 'replace', files: ['config.yaml'] }
  const overlay = { resources: [relative(dir, base)], configMapGenerator: [replace] }
  writeFileSync(join(dir, 'kustomization.yaml'), JSON.stringify(overlay))
  writeFileSync(join(dir, 'config.yaml'), config)
}

export async function rolledOut({ kubectl }: Cluster): Promise<void> {
  await kubectl(...NAMESPACE, 'rollout', 'status', 'daemonset/node-agent', '--timeout=120s')
}

/** The report as `node-agent status` in the pod shows it. */
export async function agentStatus({ kubectl }: Cluster): Promise<Report> {
  const command = ['node-agent', 'status', '--output', 'json']
  return JSON.parse(await kubectl(...NAMESPACE, 'exec', 'daemonset/node-agent', '--', ...command)) as Report
}

export function agentLog({ kubectl }: Cluster): Promise<string> {
  return kubectl(...NAMESPACE, 'logs', 'daemonset/node-agent')
}

/** The first report that `wanted` accepts. */
export function agentReport(cluster: Cluster, what: string, wanted: (report: Report) => boolean): Promise<Report> {
  return until(
    what,
    async () => {
      const report = await agentStatus(cluster)
      return wanted(report) && report
    },
    { everyMs: 1000 },
  )
}
