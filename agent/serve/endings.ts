import { type ServiceError, status } from '@grpc/grpc-js'

/** A stream as seen by whoever ends it. */
interface Call {
  emit(event: 'error', error: Partial<ServiceError>): boolean
  on(event: 'close' | 'cancelled', listener: () => void): unknown
}

/** Ends a stream with a status: grpc-js takes it from an error event. */
export function endWith(call: Call, code: status, details: string): void {
  call.emit('error', { code, details })
}

/** Ends a stream when the agent stops. */
export function endOnStop(call: Call, stopping: AbortSignal): void {
  const end = () => endWith(call, status.UNAVAILABLE, 'the agent stops')
  stopping.addEventListener('abort', end, { once: true })
  for (const event of ['close', 'cancelled'] as const) call.on(event, () => stopping.removeEventListener('abort', end))
}
