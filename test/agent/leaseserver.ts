import type { ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { Api } from '../../agent/kubernetes/api.ts'
import { LeaseFollower } from '../../agent/kubernetes/lease.ts'
import { event, listOf } from './apiserver.ts'
import { listen } from './loopback.ts'

/** A loopback server in place of an API server, with one Lease of 0.2 s. */
export async function leaseServer(t: Test) {
  let asked = 0
  let renewed = 0
  let mode: 'well' | 'dead' | 'none' | 'forbidden' | 'unwell' | 'held' | 'another' = 'well'
  let held: (() => void) | null = null
  const watches = new Set<ServerResponse>()
  const object = () => ({
    metadata: { name: 'n1', uid: 'u', resourceVersion: String(renewed) },
    spec: { renewTime: `2026-11-24T15:00:0${renewed}.000000Z`, leaseDurationSeconds: 0.2 },
  })
  const send = (type: string) => {
    for (const watch of watches) watch.write(event(type, object()))
  }
  const url = await listen(t, (request, response) => {
    if (request.url?.includes('watch=true')) return void watches.add(response.writeHead(200))
    asked++
    if (mode === 'dead') request.socket.destroy()
    else if (mode === 'none' && request.url?.includes('fieldSelector')) response.end(JSON.stringify(listOf('9')))
    else if (mode === 'none') response.writeHead(404).end('{"message":"not found"}')
    else if (mode === 'another') response.end('{}')
    else if (mode === 'forbidden') response.writeHead(403).end('{"message":"leases is forbidden"}')
    else if (mode === 'unwell') response.writeHead(500).end('{"message":"etcdserver: request timed out"}')
    else if (request.url?.includes('fieldSelector')) response.end(JSON.stringify(listOf(String(renewed), object())))
    else if (mode === 'held') {
      const before = JSON.stringify(object())
      held = () => response.end(before)
    } else response.end(JSON.stringify(object()))
  })
  const api = new Api(
    async () => ({ server: new URL(url), authorize: async () => undefined }),
    () => undefined,
  )
  const warnings: string[] = []
  /** `slept`: ms that the machine stood still. */
  const follow = (slowMs = 10_000, slept = () => 0) => {
    const warn = (message: string) => void warnings.push(message)
    const follower = new LeaseFollower(api, 'n1', () => performance.now() + slept(), { probeMs: 20, slowMs, warn })
    follower.start()
    t.teardown(() => follower.stop())
    return follower
  }
  return {
    follow,
    asked: () => asked,
    turn: (to: typeof mode) => (mode = to),
    warnings,
    renew() {
      renewed++
      send('MODIFIED')
    },
    send,
    renewUnseen: () => renewed++,
    /** The same Lease in an earlier state. */
    back: () => renewed--,
    forth: () => renewed++,
    held: () => held,
  }
}
