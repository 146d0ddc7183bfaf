import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A server on a free loopback port until the test is over, or until `close` lets nobody in any more. */
export async function serve(t: Test, handler: Handler): Promise<{ url: string; close(): void }> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() }
}

/** The same; gives its URL. */
export const listen = async (t: Test, handler: Handler): Promise<string> => (await serve(t, handler)).url
