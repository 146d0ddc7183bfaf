import { get } from 'node:http'
import type { HttpAnswer, Lease, Services } from '../host.ts'
import { fault, ok, type Reading } from '../reading.ts'

/** As long as node-problem-detector waits for the kubelet. */
const DEADLINE_MS = 10_000

/** The running machine's. `lease`: how to read the Lease that is followed, if there is a cluster. */
export function liveServices(lease?: () => Reading<Lease>, deadlineMs = DEADLINE_MS): Services {
  const answered = new Set<string>()
  return {
    lease: lease ?? NO_SERVICES.lease,
    async ask(url) {
      const answer = await ask(url, deadlineMs)
      if (answer.refused && !answered.has(url)) return fault('Absent', `${url}: nobody listens there`)
      answered.add(url)
      return ok({ code: answer.code, roundTripMs: answer.roundTripMs })
    },
  }
}

/** A copy of a machine has nobody to ask. */
export const NO_SERVICES: Services = {
  lease: () => fault('Absent', "the node's Lease: there is no cluster"),
  ask: async url => fault('Absent', `${url}: nobody to ask`),
}

function ask(url: string, deadlineMs: number): Promise<HttpAnswer & { readonly refused: boolean }> {
  const begun = performance.now()
  return new Promise(resolve => {
    const done = (code: number, refused = false) => resolve({ code, refused, roundTripMs: performance.now() - begun })
    const request = get(url, { signal: AbortSignal.timeout(deadlineMs), agent: false }, response => {
      done(response.statusCode ?? 0)
      response.destroy() // the status is the answer
    })
    request.on('error', (error: NodeJS.ErrnoException) => done(0, error.code === 'ECONNREFUSED'))
  })
}
