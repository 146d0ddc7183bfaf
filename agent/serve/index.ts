import { setLogger } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import type { Address, Config } from '../config/config.ts'
import { History } from '../history.ts'
import type { Calls } from '../kubernetes/calls.ts'
import { startGrpc } from './grpc.ts'
import { Health } from './health.ts'
import { startHttp } from './http.ts'
import type { Running } from './listen.ts'
import { Metrics } from './metrics.ts'
import type { Views } from './routes.ts'
import { openSecurity, requireProtection } from './security.ts'
import type { ReportSource } from './source.ts'

export { ListenError } from './listen.ts'

export interface Servers {
  /** Where they listen; with the port that was picked where 0 was asked for. */
  readonly http: Address
  readonly grpc: Address
  /** Resolves when all is closed, by `deadlineMs` at the latest. */
  close(deadlineMs: number): Promise<void>
}

/** Starts HTTP and gRPC. Throws ConfigError on a configuration that must not be served, ListenError on a taken port. */
export async function startServers(config: Config, source: ReportSource, calls: Calls, log: Logger): Promise<Servers> {
  requireProtection(config)
  const security = openSecurity(config, log)
  quietGrpc(log)
  const views = openViews(config, source, calls)
  let http: Running | undefined
  try {
    http = await startHttp(config.http, views, security, log)
    const grpc = await startGrpc(config.grpc, views, security)
    const running = [http, grpc]
    return {
      http: http.address,
      grpc: grpc.address,
      async close(deadlineMs) {
        security.close()
        await Promise.all(running.map(server => server.close(deadlineMs)))
      },
    }
  } catch (error) {
    security.close()
    await http?.close(0)
    throw error
  }
}

function openViews(config: Config, source: ReportSource, calls: Calls): Views {
  const history = new History(config.intervalMs)
  const metrics = new Metrics(source, history, calls, config.metricsRaw)
  source.subscribe(report => {
    history.record(report)
    metrics.see(report)
  })
  return { source, history, metrics, health: new Health(source) }
}

/** grpc-js writes to stderr by default, which may block or be full. */
function quietGrpc(log: Logger): void {
  const say = (...words: unknown[]) => log.debug(words.map(String).join(' '))
  setLogger({ error: say, info: say, debug: say })
}
