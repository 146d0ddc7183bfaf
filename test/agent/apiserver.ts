import type { ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { Api, type Observed } from '../../agent/kubernetes/api.ts'
import { type Handler, serve } from './loopback.ts'

/** A loopback server in place of an API server: for faults that a real one does not show on demand. */
export async function startServer(t: Test, handler: Handler) {
  const { url, close } = await serve(t, handler)
  const observed: Observed[] = []
  let connections = 0
  const connect = async () => {
    connections++
    return { server: new URL(`${url}/prefix`), authorize: async () => undefined }
  }
  const api = new Api(connect, seen => observed.push(seen), { deadlineMs: 300, silenceMs: 300 })
  return { api, observed, connections: () => connections, close }
}

export const json = (response: ServerResponse, value: unknown, code = 200, headers = {}) =>
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
export const nodeOf = (resourceVersion: string) => ({ metadata: { name: 'n1', resourceVersion } })
export const listOf = (resourceVersion: string, ...items: unknown[]) => ({ metadata: { resourceVersion }, items })
export const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`
