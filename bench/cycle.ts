import { setTimeout as sleep } from 'node:timers/promises'
import { childrenOf, cpuMs, memory, nodeExporter, type Running, row, startAgent, startNodeExporter } from './measure.ts'

const INTERVAL_MS = 250
const CYCLES = 120
const SCRAPES = 60
const DEFAULT_INTERVAL_S = 10

/** CPU of a cycle and of a scrape beside node_exporter's scrape, memory of both. */
export async function cycle(): Promise<void> {
  const agent = await startAgent(INTERVAL_MS)
  try {
    const perCycle = await cpuOfCycles(agent)
    const agentScrape = await cpuOfScrapes(agent)
    row(
      'node-agent, one cycle (all collectors, rules, report)',
      perCycle,
      'ms',
      `${((perCycle / DEFAULT_INTERVAL_S / 1000) * 100).toFixed(3)} % of a core at 10 s`,
    )
    row('node-agent, one scrape of /metrics', agentScrape - perCycle * (SCRAPE_PAUSE_MS / INTERVAL_MS), 'ms')
    printMemory('node-agent', agent)
    for (const helper of childrenOf(agent.pid)) printMemory('node-agent, its helper process', { pid: helper })
    await besideNodeExporter(perCycle)
  } finally {
    await agent.stop()
  }
}

async function besideNodeExporter(perCycle: number): Promise<void> {
  const binary = nodeExporter()
  if (binary === null) {
    console.log('node_exporter: not there (.ci/tools builds it)')
    return
  }
  const exporter = await startNodeExporter(binary)
  try {
    const scrape = await cpuOfScrapes(exporter)
    row(
      'node_exporter, one scrape (all default collectors)',
      scrape,
      'ms',
      `a cycle of ours costs ${(perCycle / scrape).toFixed(2)} of it`,
    )
    printMemory('node_exporter', exporter)
  } finally {
    await exporter.stop()
  }
}

function printMemory(label: string, { pid }: Pick<Running, 'pid'>): void {
  const { rssMb, anonymousMb } = memory(pid)
  row(`${label}, resident`, rssMb, 'MB', `${anonymousMb.toFixed(1)} MB of it anonymous`)
}

/** After a warm-up, so that start-up and the compiler's work are not counted. Helpers are counted too. */
async function cpuOfCycles(agent: Running): Promise<number> {
  await sleep(40 * INTERVAL_MS)
  const total = () => [agent.pid, ...childrenOf(agent.pid)].reduce((sum, pid) => sum + cpuMs(pid), 0)
  const cycles = async () =>
    ((await (await fetch(`${agent.url}/status`)).json()) as { agent: { cycle: { count: number } } }).agent.cycle.count
  const [fromCycles, fromCpu] = [await cycles(), total()]
  await sleep(CYCLES * INTERVAL_MS)
  const used = total() - fromCpu
  return used / ((await cycles()) - fromCycles)
}

const SCRAPE_PAUSE_MS = 100

async function cpuOfScrapes({ pid, url }: Running): Promise<number> {
  for (let i = 0; i < 20; i++) await (await fetch(`${url}/metrics`)).text()
  const from = cpuMs(pid)
  for (let i = 0; i < SCRAPES; i++) {
    await (await fetch(`${url}/metrics`)).text()
    await sleep(SCRAPE_PAUSE_MS)
  }
  return (cpuMs(pid) - from) / SCRAPES
}
