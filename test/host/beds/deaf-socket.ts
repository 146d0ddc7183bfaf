/**
 * deaf-socket.ts udp|tcp PER_SECOND: a socket on loopback whose owner never reads or accepts, and a sender to it.
 * Prints the port. Node reads and accepts by itself as soon as its event loop turns, so the owner is a worker thread
 * that binds and then never turns its loop again.
 */
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

type Kind = 'udp' | 'tcp'

if (isMainThread) {
  const [kind, perSecond] = process.argv.slice(2)
  const owner = new Worker(new URL(import.meta.url), { workerData: kind })
  owner.once('message', (port: number) => {
    process.stdout.write(`${port}\n`)
    if (kind === 'udp') sendDatagrams(port, Number(perSecond))
    else sendClients(port, Number(perSecond))
  })
} else {
  own(workerData as Kind)
}

function own(kind: Kind): void {
  if (kind === 'udp') {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4096 })
    socket.bind(0, '127.0.0.1', () => goDeaf(socket.address().port))
  } else {
    const server = createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => goDeaf((server.address() as { port: number }).port))
  }
}

function goDeaf(port: number): void {
  parentPort?.postMessage(port)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function sendDatagrams(port: number, perSecond: number): void {
  const socket = createSocket('udp4')
  const datagram = Buffer.alloc(512)
  evenly(perSecond, () => socket.send(datagram, port, '127.0.0.1'))
}

/** A client that was not accepted gives up after two seconds: the kernel's own retries would outlast the test. */
function sendClients(port: number, perSecond: number): void {
  evenly(perSecond, () => {
    const client = connect(port, '127.0.0.1')
    client.on('error', () => {})
    setTimeout(() => client.destroy(), 2000)
  })
}

function evenly(perSecond: number, act: () => void): void {
  const start = performance.now()
  let done = 0
  setInterval(() => {
    for (const due = ((performance.now() - start) / 1000) * perSecond; done < due; done++) act()
  }, 50)
}
