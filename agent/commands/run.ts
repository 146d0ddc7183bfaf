import type { Logger } from 'pino'
import type { Host } from '../../collectors/host.ts'
import { readInventory } from '../../collectors/inventory.ts'
import type { Config } from '../config/config.ts'
import { Calls } from '../kubernetes/calls.ts'
import { openCluster } from '../kubernetes/cluster.ts'
import { createLog } from '../log.ts'
import { Loop } from '../loop.ts'
import { monotonicMs } from '../monotonic.ts'
import { startPublishing } from '../publish/index.ts'
import type { Publishing } from '../report.ts'
import { activeRules } from '../rules/active.ts'
import { ruleCatalogue } from '../rules/index.ts'
import { type Servers, startServers } from '../serve/index.ts'
import { loadState, StateWriter } from '../state-file.ts'
import { version } from '../version.ts'
import { type OpenHost, openHost } from './host.ts'
import { type CommonOptions, loadAndParse } from './options.ts'

/** SIGTERM to exit, streams and stuck helpers or not; Kubernetes gives 30 s, a rolling update should not need them. */
const STOP_MS = 4_000

/** The daemon. */
export async function run(options: CommonOptions): Promise<void> {
  const config = loadAndParse(options)
  const { log } = createLog(config.logLevel)
  const calls = new Calls()
  const warn = (message: string) => log.warn(message)
  const cluster = openCluster(config, { now: monotonicMs, observe: calls.observe, warn })
  const opened = openHost(options, cluster?.lease)
  /** What was started last stops first; the servers answer until nothing new comes. */
  const started: { stop(): void }[] = []
  let servers: Servers | undefined
  const stop = async () => {
    for (const part of started.toReversed()) part.stop()
    await servers?.close(STOP_MS)
    opened.close()
  }
  try {
    if (cluster) started.push(cluster)
    cluster?.start()
    const rules = activeRules(ruleCatalogue, config.rules)
    const publication = startPublishing(config, rules, { cluster, log, now: monotonicMs })
    started.push(publication)
    const loop = startLoop(config, opened, log, () => publication.status)
    started.push(loop)
    loop.subscribe(report => publication.see(report))
    servers = await startServers(config, loop, calls, log)
    tellStart(config, servers, publication.status, log)
    if (opened.live) takeInventory(loop, opened.host)
  } catch (error) {
    await stop()
    throw error
  }
  stopOnSignals(() => stop().then(() => log.info('node-agent stopped')))
}

function tellStart({ nodeName, intervalMs }: Config, servers: Servers, publishing: Publishing, log: Logger): void {
  log.info(
    { version, node: nodeName, http: servers.http, grpc: servers.grpc, intervalMs },
    `node-agent runs; ${publishing.enabled ? 'publishing to the cluster' : publishing.detail}`,
  )
}

function takeInventory(loop: Loop, { blocking }: Host): void {
  const command = [process.execPath, process.argv[1]!, 'inventory']
  void readInventory(command, blocking).then(inventory => (loop.inventory = inventory))
}

function startLoop(config: Config, { host }: OpenHost, log: Logger, publishing: () => Publishing): Loop {
  const bootId = host.read('/proc/sys/kernel/random/boot_id')
  const boot = bootId.ok ? bootId.value.trim() : ''
  const { kept, why } = loadState(config.stateFile, boot, config.nodeName)
  log.info(kept ? `${config.stateFile}: verdicts go on from there` : `starting anew: ${why}`)
  const writer = new StateWriter(config.stateFile, boot, config.nodeName, message => log.warn(message))
  const loop = new Loop(config, host, log, {
    restored: kept,
    onState: (state, atMs) => void writer.save(state, atMs),
    publishing,
  })
  loop.start()
  return loop
}

/** The first signal stops in order, a second one at once. What hangs in the kernel must not keep us. */
function stopOnSignals(stop: () => Promise<void>): void {
  let stopping = false
  const onSignal = () => {
    if (stopping) process.kill(process.pid, 'SIGKILL')
    stopping = true
    // process.exit would wait for a thread that hangs in a write to a dead disk
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS + 500).unref()
    void stop().then(() => process.exit(0))
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal)
}
