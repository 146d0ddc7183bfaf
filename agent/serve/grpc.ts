import { setMaxListeners } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createServer as createSecureServer } from 'node:tls'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import type { GetStatusResponse } from '../../proto/generated/node_agent/v1/GetStatusResponse.ts'
import type { ListSignalsRequest__Output } from '../../proto/generated/node_agent/v1/ListSignalsRequest.ts'
import type { ListSignalsResponse } from '../../proto/generated/node_agent/v1/ListSignalsResponse.ts'
import type { QueryHistoryRequest__Output } from '../../proto/generated/node_agent/v1/QueryHistoryRequest.ts'
import type { QueryHistoryResponse } from '../../proto/generated/node_agent/v1/QueryHistoryResponse.ts'
import type { Address } from '../config/config.ts'
import { MAX_POINTS } from '../history.ts'
import { guard } from './grpc-guard.ts'
import { healthHandlers } from './grpc-health.ts'
import { limitConnections } from './limits.ts'
import { closeServer, listen, type Running } from './listen.ts'
import { describeSignals, toHistory, toReportMessage } from './messages.ts'
import { reflectionHandlers } from './reflection.ts'
import type { Views } from './routes.ts'
import type { Security } from './security.ts'
import { healthService, nodeAgentService, reflectionServices } from './services.ts'
import { tlsServerOptions } from './tls.ts'
import { type WatchCall, Watchers } from './watch.ts'

/** What a connection may cost, and how long it lasts. */
const OPTIONS = {
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': 64 * 1024,
  'grpc.max_concurrent_streams': 32,
  'grpc-node.max_session_memory': 16, // MiB
  // A peer that vanished without a word is noticed after 40 s.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_connection_idle_ms': 5 * 60_000,
  // A certificate that was withdrawn is good for no longer than this.
  'grpc.max_connection_age_ms': 30 * 60_000,
  'grpc.max_connection_age_grace_ms': 10_000,
} as const

/** `patienceMs`: how long a stream may leave a message lying. */
export async function startGrpc(
  address: Address,
  views: Views,
  security: Security,
  patienceMs?: number,
): Promise<Running> {
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal) // one a stream
  const server = new Server({ ...OPTIONS, interceptors: [guard(security.admission)] })
  // Sockets are ours and not the library's, for the sake of limits, one way to do TLS, and cutting off who takes nothing.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const sockets = security.tls
    ? createSecureServer({ ...tlsServerOptions(security.tls), ALPNProtocols: ['h2'] })
    : createServer()
  const connections = limitConnections(sockets)
  sockets.on(security.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.on('error', () => undefined) // the close that follows is what matters
    if (!socket.destroyed) injector.injectConnection(socket)
  })
  if ('setSecureContext' in sockets) security.onCertificates(context => sockets.setSecureContext(context))
  const watchers = new Watchers(views.source, stopping.signal, patienceMs)
  addServices(server, views, stopping.signal, watchAndDrop(watchers, connections))
  const bound = await listen(sockets, 'grpc.listenAddress', address)
  return {
    address: bound,
    async close(deadlineMs) {
      const closed = closeServer(sockets, connections, deadlineMs)
      stopping.abort()
      server.tryShutdown(() => undefined)
      await closed
      server.forceShutdown()
    },
  }
}

function addServices(
  server: Server,
  views: Views,
  stopping: AbortSignal,
  watchStatus: (call: WatchCall) => void,
): void {
  server.addService(nodeAgentService, { ...queries(views), watchStatus })
  server.addService(healthService, healthHandlers(views.health, stopping))
  for (const service of reflectionServices) server.addService(service, reflectionHandlers(stopping))
}

/** A client that takes nothing loses its connection: a status would wait behind what it did not take. */
const watchAndDrop = (watchers: Watchers, connections: ReadonlySet<Socket>) => (call: WatchCall) =>
  watchers.add(call, () => {
    for (const socket of connections)
      if (`${socket.remoteAddress}:${socket.remotePort}` === call.getPeer()) socket.destroy()
  })

function queries({ source, history }: Views) {
  return {
    getStatus(_: unknown, callback: sendUnaryData<GetStatusResponse>): void {
      if (source.latest === null) callback({ code: status.UNAVAILABLE, details: 'there is no report yet' })
      else callback(null, { report: toReportMessage(source.latest) })
    },
    listSignals(
      call: ServerUnaryCall<ListSignalsRequest__Output, ListSignalsResponse>,
      callback: sendUnaryData<ListSignalsResponse>,
    ): void {
      callback(null, { signals: describeSignals(call.request.names, source.latest?.signals ?? {}) })
    },
    queryHistory(
      call: ServerUnaryCall<QueryHistoryRequest__Output, QueryHistoryResponse>,
      callback: sendUnaryData<QueryHistoryResponse>,
    ): void {
      const { signal, subject, since } = call.request
      const query = {
        signal: signal || undefined,
        subject: subject || undefined,
        sinceMs: since ? Number(since.seconds) * 1000 + since.nanos / 1e6 : undefined,
      }
      const slice = history.query(query)
      if (slice.series.length * slice.timesMs.length <= MAX_POINTS) callback(null, toHistory(slice))
      else callback({ code: status.INVALID_ARGUMENT, details: 'too much for one answer: name a signal or a time' })
    },
  }
}
