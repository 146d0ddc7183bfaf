import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { PackageDefinition } from '@grpc/proto-loader'
// Not the package itself: what it exports reads .proto files at run time, and the bundled file has none.
import { ReflectionV1Implementation } from '@grpc/reflection/build/src/implementations/reflection-v1.js'
import { endOnStop } from './endings.ts'

type Implementation = InstanceType<typeof ReflectionV1Implementation>
type Request = Parameters<Implementation['handleServerReflectionRequest']>[0]
type Response = ReturnType<Implementation['handleServerReflectionRequest']>

/** Server reflection, so that grpcurl and the like need no .proto file. Both versions of the protocol say the same. */
export function reflectionHandlers(packages: PackageDefinition, stopping: AbortSignal) {
  const implementation = new ReflectionV1Implementation(packages)
  return {
    serverReflectionInfo(call: ServerDuplexStream<Request, Response>): void {
      call.on('data', (request: Request) => {
        // The next question is read when this answer was taken.
        call.pause()
        call.write(implementation.handleServerReflectionRequest(request), () => call.resume())
      })
      call.on('end', () => call.end())
      endOnStop(call, stopping)
    },
  }
}
