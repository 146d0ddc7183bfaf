import { program } from './processes.ts'
import { bed, type Undo } from './undo.ts'

export const needs = { commands: ['unshare', 'ip', 'ps'] }

export type Where = 'host' | 'own namespace'

/** In a network namespace of its own with only a loopback; everything inside ends with the processes. */
const OWN_NAMESPACE = ['unshare', '--net', '--', '/bin/sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

export interface DeafSocket {
  port: number
  /** Of the process that has the socket and never reads: its /proc/<pid>/net is the namespace's. */
  pid: number
}

/** A UDP receiver on loopback that never reads, and a sender: every datagram past a full buffer is a RcvbufErrors. */
export function deafUdpReceiver(where: Where, perSecond = 400): Promise<DeafSocket & { close(): void }> {
  return deaf('udp', where, perSecond)
}

/** A TCP listener with backlog 1 that never accepts, and clients that go on coming: the accept queue overflows. */
export function overflowingListener(where: Where, perSecond = 40): Promise<DeafSocket & { close(): void }> {
  return deaf('tcp', where, perSecond)
}

/** Receiver and sender are one process: they share the namespace, and the sender ends with the receiver. */
function deaf(kind: 'udp' | 'tcp', where: Where, perSecond: number): Promise<DeafSocket & { close(): void }> {
  return bed(async (undo: Undo) => {
    const { pid, ready } = program(
      undo,
      'deaf-socket.ts',
      [kind, String(perSecond)],
      where === 'host' ? [] : OWN_NAMESPACE,
    )
    return { pid, port: Number(await ready) }
  })
}
