import type { Logger } from 'pino'
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
  const cluster = openCluster(config, { now: monotonicMs, observe: calls.observe })
  const opened = openHost(options, cluster?.lease)
  const rules = activeRules(ruleCatalogue, config.rules)
  const publication = startPublishing(config, rules, { cluster, log, now: monotonicMs })
  const loop = startLoop(config, opened, log, () => publication.status)
  loop.subscribe(report => publication.see(report))
  let servers: Servers
  try {
    servers = await startServers(config, loop, calls, log)
  } catch (error) {
    loop.stop()
    publication.stop()
    cluster?.stop()
    opened.close()
    throw error
  }
  log.info(
    { version, node: config.nodeName, http: servers.http, grpc: servers.grpc, intervalMs: config.intervalMs },
    `node-agent runs; ${publication.status.enabled ? 'publishing to the cluster' : publication.status.detail}`,
  )
  if (opened.live)
    void readInventory([process.execPath, process.argv[1]!, 'inventory'], opened.host.blocking).then(
      inventory => (loop.inventory = inventory),
    )
  stopOnSignals(async () => {
    loop.stop()
    publication.stop()
    cluster?.stop()
    await servers.close(STOP_MS)
    opened.close()
    log.info('node-agent stopped')
  })
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
