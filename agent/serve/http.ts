import { createServer, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Address } from '../config/config.ts'
import { buildApp } from './http-app.ts'
import { LIMITS, limitConnections } from './limits.ts'
import { closeServer, listen, type Running } from './listen.ts'
import { type ErrorKind, PROBLEM_JSON, problemJson } from './problem-json.ts'
import type { Views } from './routes.ts'
import type { Security } from './security.ts'
import { tlsServerOptions } from './tls.ts'

const OPTIONS: ServerOptions = {
  maxHeaderSize: LIMITS.headerBytes,
  headersTimeout: LIMITS.headersMs,
  requestTimeout: LIMITS.requestMs,
  keepAliveTimeout: LIMITS.keepAliveMs,
  // Node looks for late requests every 30 s otherwise, and they would be late by that much.
  connectionsCheckingInterval: 1_000,
}

export async function startHttp(address: Address, views: Views, security: Security, log: Logger): Promise<Running> {
  const app = await buildApp(views, security.admission, log)
  const server = security.tls
    ? createSecureServer({ ...OPTIONS, ...tlsServerOptions(security.tls) }, app.routing)
    : createServer(OPTIONS, app.routing)
  server.maxRequestsPerSocket = LIMITS.requestsPerConnection
  server.setTimeout(LIMITS.idleMs, socket => socket.destroy())
  server.on('clientError', refuse)
  const connections = limitConnections(server)
  if ('setSecureContext' in server)
    security.onCertificates(context => {
      server.setSecureContext(context)
      server.closeIdleConnections() // the next request shakes hands anew
    })
  const bound = await listen(server, 'http.listenAddress', address)
  return {
    address: bound,
    async close(deadlineMs) {
      const closed = closeServer(server, connections, deadlineMs)
      server.closeIdleConnections()
      await closed
      await app.close()
    },
  }
}

/** What is no HTTP at all, too slow or too long a head gets an answer too, if it can be sent. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const kinds: Readonly<Record<string, ErrorKind>> = {
    ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
    HPE_HEADER_OVERFLOW: 'headersTooLarge',
  }
  const problem = problemJson(kinds[error.code ?? ''] ?? 'badRequest', 'This is no request that can be answered.')
  const body = JSON.stringify(problem)
  const head = `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${PROBLEM_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`
  socket.end(head + body, () => socket.destroy())
}
