import { get } from 'node:http'
import type { HttpAnswer, Lease, Services } from '../host.ts'
import { fault, ok, type Reading } from '../reading.ts'

/** As long as node-problem-detector waits for the kubelet. */
const DEADLINE_MS = 10_000

/** The running machine's. `lease`: how to read the Lease that is followed, if there is a cluster. */
export function liveServices(lease?: () => Reading<Lease>, deadlineMs = DEADLINE_MS): Services {
  const listening = new Set<string>()
  return {
    lease: lease ?? NO_SERVICES.lease,
    async ask(url) {
      const { code, roundTripMs, error } = await ask(url, deadlineMs)
      if (error?.syscall === 'connect') {
        // Out of ports or descriptors, no loopback: that is our trouble and says nothing of the other side.
        if (error.code !== 'ECONNREFUSED') return fault('Io', `${url}: ${error.code}`)
        if (!listening.has(url)) return fault('Absent', `${url}: nobody listens there`)
      }
      listening.add(url)
      return ok({ code, roundTripMs, error: error === null ? null : reason(error, deadlineMs) })
    },
  }
}

/** A copy of a machine has nobody to ask. */
export const NO_SERVICES: Services = {
  lease: () => fault('Absent', "the node's Lease: there is no cluster"),
  ask: async url => fault('Absent', `${url}: nobody to ask`),
}

interface Outcome extends Omit<HttpAnswer, 'error'> {
  readonly error: NodeJS.ErrnoException | null
}

function ask(url: string, deadlineMs: number): Promise<Outcome> {
  const begun = performance.now()
  return new Promise(resolve => {
    const done = (code: number, error: NodeJS.ErrnoException | null) =>
      resolve({ code, error, roundTripMs: performance.now() - begun })
    const request = get(url, { signal: AbortSignal.timeout(deadlineMs), agent: false }, response => {
      done(response.statusCode ?? 0, null)
      response.destroy() // the status is the answer
    })
    // A one-off command has its report long before a silent kubelet's deadline: it need not wait to end.
    request.on('socket', socket => socket.unref())
    request.on('error', error => done(0, error))
  })
}

const reason = ({ name, code, message }: NodeJS.ErrnoException, deadlineMs: number): string =>
  name === 'AbortError' ? `no answer within ${deadlineMs / 1000} s` : (code ?? message)
