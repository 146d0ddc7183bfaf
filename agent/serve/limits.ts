import type { Server, Socket } from 'node:net'

/** What strangers may cost us: connections, requests, time. Probes and scrapes need a fraction of this. */
export const LIMITS = {
  /** All connections of one server. */
  connections: 256,
  /** Of these by one address, so that one caller cannot lock the kubelet's probes out. */
  connectionsPerAddress: 48,
  /** Requests or calls of one address: this many at once, and this many a second. */
  burst: 200,
  perSecond: 40,
  /** A TLS handshake, and the whole head of a request. */
  handshakeMs: 5_000,
  headersMs: 5_000,
  requestMs: 10_000,
  /** A connection on which nothing moves, e.g. a caller who does not read the answer. */
  idleMs: 30_000,
  /** Between two requests. Longer than the usual scrape interval of 15 s. */
  keepAliveMs: 20_000,
  headerBytes: 8 * 1024,
  requestsPerConnection: 1_000,
} as const

/** Counts connections of a server and closes those beyond the limits. Returns the set of open ones. */
export function limitConnections(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>()
  const perAddress = new Map<string, number>()
  server.maxConnections = LIMITS.connections
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const count = perAddress.get(address) ?? 0
    if (count >= LIMITS.connectionsPerAddress) {
      socket.destroy()
      return
    }
    open.add(socket)
    perAddress.set(address, count + 1)
    socket.on('close', () => {
      open.delete(socket)
      const left = perAddress.get(address)! - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
  })
  return open
}

/** More addresses than a cluster has things that ask one agent; the longest silent one is forgotten first. */
const MAX_ADDRESSES = 4_096

/** Bounds requests by their caller's address: a token bucket each. */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  /** Whether this request is within the bounds. `nowMs` is monotonic. */
  admits(address: string, nowMs: number): boolean {
    const before = this.#buckets.get(address)
    const tokens = before
      ? Math.min(LIMITS.burst, before.tokens + ((nowMs - before.atMs) / 1000) * LIMITS.perSecond)
      : LIMITS.burst
    this.#buckets.delete(address)
    this.#buckets.set(address, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs })
    if (this.#buckets.size > MAX_ADDRESSES) this.#buckets.delete(this.#buckets.keys().next().value!)
    return tokens >= 1
  }
}
