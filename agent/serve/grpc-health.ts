import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js'
import { endOnStop, endWith } from './endings.ts'
import type { Health } from './health.ts'

/** `grpc.health.v1.Health`: the agent as a whole and its one service are well or ill together. */

const SERVICES = ['', 'node_agent.v1.NodeAgent']
/** Everybody may watch; so there is an end to it. */
const MAX_WATCHERS = 64
/** How soon a watcher learns of a change. */
const LOOK_EVERY_MS = 1_000

interface Request {
  readonly service: string
}
interface Response {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'
}

export function healthHandlers(health: Health, stopping: AbortSignal) {
  const watchers = new Set<object>()
  const now = (): Response => ({ status: health.notReady() === null ? 'SERVING' : 'NOT_SERVING' })
  return {
    check(call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void {
      if (SERVICES.includes(call.request.service)) callback(null, now())
      else callback({ code: status.NOT_FOUND, details: 'there is no such service' })
    },
    list(_: unknown, callback: sendUnaryData<{ statuses: Record<string, Response> }>): void {
      callback(null, { statuses: Object.fromEntries(SERVICES.map(service => [service, now()])) })
    },
    watch(call: ServerWritableStream<Request, Response>): void {
      if (watchers.size >= MAX_WATCHERS) {
        endWith(call, status.RESOURCE_EXHAUSTED, `there are ${MAX_WATCHERS} watchers already`)
        return
      }
      watchers.add(call)
      const known = SERVICES.includes(call.request.service)
      let told = ''
      const tell = () => {
        const response: Response = known ? now() : { status: 'SERVICE_UNKNOWN' }
        // Nothing is queued for a client that did not take the last one.
        if (response.status === told || call.writableNeedDrain) return
        told = response.status
        call.write(response)
      }
      tell()
      const timer = setInterval(tell, LOOK_EVERY_MS)
      timer.unref()
      const over = () => {
        clearInterval(timer)
        watchers.delete(call)
      }
      for (const event of ['cancelled', 'close']) call.on(event, over)
      endOnStop(call, stopping)
    },
  }
}
