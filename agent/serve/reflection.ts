import { type ServerDuplexStream, status } from '@grpc/grpc-js'
import files from '../../proto/generated/files.json' with { type: 'json' }
import { endOnStop } from './endings.ts'

/** What one question of a client has; `messageRequest` names it. */
interface Request {
  readonly messageRequest?: string
  readonly fileByFilename?: string
  readonly fileContainingSymbol?: string
}
interface Response {
  readonly originalRequest: Request
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] }
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] }
  readonly errorResponse?: { readonly errorCode: status; readonly errorMessage: string }
}

/**
 * Server reflection, so that grpcurl and the like need no .proto file: answers from the table that the compiler left in
 * proto/generated. Both versions of the protocol have the same messages.
 */
export function reflectionHandlers(stopping: AbortSignal) {
  return {
    serverReflectionInfo(call: ServerDuplexStream<Request, Response>): void {
      call.on('data', (request: Request) => {
        call.pause() // the next question is read when this answer was taken
        call.write({ originalRequest: request, ...answer(request) }, () => call.resume())
      })
      call.on('end', () => call.end())
      endOnStop(call, stopping)
    },
  }
}

function answer(request: Request): Omit<Response, 'originalRequest'> {
  switch (request.messageRequest) {
    case 'listServices':
      return { listServicesResponse: { service: files.flatMap(({ services }) => services).map(name => ({ name })) } }
    case 'fileByFilename':
      return fileAnswer(files.find(({ name }) => name === request.fileByFilename)?.name)
    case 'fileContainingSymbol':
      return fileAnswer(files.find(({ symbols }) => symbols.includes(request.fileContainingSymbol!))?.name)
    default: // there are no extensions here
      return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: 'there is no such thing' } }
  }
}

/** The file and all that it needs. */
function fileAnswer(name: string | undefined): Omit<Response, 'originalRequest'> {
  if (name === undefined)
    return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: 'there is no such file or symbol' } }
  const wanted = new Set([name])
  for (const each of wanted)
    for (const need of files.find(file => file.name === each)?.dependencies ?? []) wanted.add(need)
  const found = files.filter(file => wanted.has(file.name))
  return { fileDescriptorResponse: { fileDescriptorProto: found.map(file => Buffer.from(file.descriptor, 'base64')) } }
}
