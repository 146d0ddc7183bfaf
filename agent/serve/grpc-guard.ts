import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js'
import type { Admission } from './auth.ts'
import { RateLimit } from './limits.ts'

/** Health checks carry no credentials, as the probes of HTTP. */
const OPEN = '/grpc.health.v1.Health/'

interface Refusal {
  readonly code: status
  readonly details: string
}

/** What every call has to pass: its caller's rate, then credentials. */
export function guard(admission: Admission): ServerInterceptor {
  const rate = new RateLimit()
  const refusal = (path: string, call: ServerInterceptingCallInterface, metadata: Metadata): Refusal | null => {
    if (path.startsWith(OPEN)) return null
    if (!rate.admits(call.getConnectionInfo().remoteAddress ?? '', performance.now()))
      return { code: status.RESOURCE_EXHAUSTED, details: 'too many calls from this address' }
    const authorization = metadata.get('authorization')[0]?.toString()
    const certified = call.getAuthContext().sslPeerCertificate !== undefined
    return admission.admits({ authorization, certified })
      ? null
      : { code: status.UNAUTHENTICATED, details: 'show a bearer token or client certificate that the agent knows' }
  }
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: next =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            const refused = refusal(path, call, metadata)
            if (refused === null) pass(metadata)
            else call.sendStatus(refused)
          },
        }),
    })
}
