import type { AddressInfo, Server, Socket } from 'node:net'
import type { Address } from '../config/config.ts'
import { CannotRun } from '../failures.ts'
import { place } from './security.ts'

/** A port is taken, or the address is not one of this machine. Exit code 3. */
export class ListenError extends CannotRun {}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another program: stop it, or choose another port',
  EACCES: 'may not be bound by this user: choose a port above 1023',
  EADDRNOTAVAIL: 'is not an address of this machine',
  ENOTFOUND: 'is not known by that name',
}

/** Starts listening; `key` is the configuration's name for the address. Gives the address with the port that it got. */
export function listen(server: Server, key: string, { host, port }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ''] ?? `cannot be bound (${error.code ?? error.message})`
      reject(new ListenError(`${place(host, port)} (${key}) ${reason}`))
    }
    server.once('error', fail)
    server.listen({ host, port }, () => {
      server.off('error', fail)
      resolve({ host, port: (server.address() as AddressInfo).port })
    })
  })
}

/** A server that runs. */
export interface Running {
  readonly address: Address
  /** Resolves when all is closed, by `deadlineMs` at the latest. */
  close(deadlineMs: number): Promise<void>
}

/** Takes no more connections and waits for those that are open; at the deadline whoever is still there is cut off. */
export function closeServer(server: Server, connections: ReadonlySet<Socket>, deadlineMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => connections.forEach(socket => void socket.destroy()), deadlineMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
