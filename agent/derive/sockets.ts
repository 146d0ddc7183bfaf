import type { SignalDefinition } from '../signals.ts'
import { derivation, quotient, readingOf } from './step.ts'

const count = (help: string) => ({ unit: 'count', subject: 'Node', worse: 'up', help }) as const

export const socketSignals = {
  'sockets.used': count('Sockets of all kinds in the namespace (sockstat used)'),
  'tcp.inUse': count('TCP sockets over IPv4 in the namespace, without TIME_WAIT (sockstat inuse)'),
  'tcp.orphans': count('TCP sockets that no process holds any more (sockstat orphan)'),
  'tcp.timeWait': count('TCP sockets in TIME_WAIT (sockstat tw)'),
  'tcp.memoryPages': count('Memory of all TCP buffers, in pages (sockstat mem)'),
  'tcp.memoryRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Memory of all TCP buffers over the hard limit, the third value of net.ipv4.tcp_mem',
  },
  'udp.memoryRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Memory of all UDP buffers over the hard limit, the third value of net.ipv4.udp_mem',
  },
} as const satisfies Record<string, SignalDefinition>

export const sockets = derivation({
  start: null,
  step(state, { curr, signals }) {
    const sockstat = readingOf(curr, 'sockstat')
    const limits = readingOf(curr, 'sysctls')?.values
    const tcp = sockstat?.get('TCP')
    const udp = sockstat?.get('UDP')
    signals.set('sockets.used', 'node', sockstat?.get('sockets')?.get('used'))
    signals.set('tcp.inUse', 'node', tcp?.get('inuse'))
    signals.set('tcp.orphans', 'node', tcp?.get('orphan'))
    signals.set('tcp.timeWait', 'node', tcp?.get('tw'))
    signals.set('tcp.memoryPages', 'node', tcp?.get('mem'))
    signals.set('tcp.memoryRatio', 'node', quotient(tcp?.get('mem'), limits?.get('net/ipv4/tcp_mem')?.[2]))
    signals.set('udp.memoryRatio', 'node', quotient(udp?.get('mem'), limits?.get('net/ipv4/udp_mem')?.[2]))
    return { state, facts: null }
  },
})
