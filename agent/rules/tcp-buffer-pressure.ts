import { percent, perSecond } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule, type View } from './rule.ts'

export const tcpBufferPressure: Rule = {
  id: 'TCPBufferPressure',
  kind: 'finding',
  severity: 'warning',
  summary: 'TCP loses data or connections for want of buffer memory.',
  subject: 'Node',
  needs: ['netstat', 'sockstat'],
  triggers: [
    {
      name: 'drops',
      signal: 'tcp.bufferDropsPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 10,
      reason: 'TCPBufferDrops',
      needs: ['netstat'],
      observe: nodeValueAbove('tcp.bufferDropsPerSecond', (drops, view) => ({
        message: `TCP drops received segments at ${perSecond(drops)} because socket buffers are full`,
        evidence: evidenceOf(view),
      })),
    },
    {
      name: 'memory',
      signal: 'tcp.memoryRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.8,
      clear: 0.75,
      reason: 'TCPMemoryLow',
      needs: ['sockstat', 'sysctls'],
      observe: nodeValueAbove('tcp.memoryRatio', (ratio, view) => ({
        message: `TCP buffers take ${percent(ratio)} of the memory that net.ipv4.tcp_mem allows them`,
        evidence: evidenceOf(view),
      })),
    },
  ],
  remedy:
    'Find the sockets with much in Recv-Q or Send-Q (`ss -ntmp`): their processes do not read or their peers do not; net.ipv4.tcp_rmem, tcp_wmem and tcp_mem bound the memory.',
}

function evidenceOf({ signals, facts }: View): Record<string, number> {
  const largest = (name: 'net/ipv4/tcp_rmem' | 'net/ipv4/tcp_wmem' | 'net/ipv4/tcp_mem') =>
    facts.settings?.values.get(name)?.[2]
  return evidence({
    PruneCalledPerSecond: signals.get('netstat.PruneCalledPerSecond'),
    RcvPrunedPerSecond: signals.get('netstat.RcvPrunedPerSecond'),
    TCPRcvQDropPerSecond: signals.get('netstat.TCPRcvQDropPerSecond'),
    TCPBacklogDropPerSecond: signals.get('netstat.TCPBacklogDropPerSecond'),
    TCPAbortOnMemoryPerSecond: signals.get('netstat.TCPAbortOnMemoryPerSecond'),
    memoryPages: signals.get('tcp.memoryPages'),
    tcpMemMaxPages: largest('net/ipv4/tcp_mem'),
    tcpRmemMaxBytes: largest('net/ipv4/tcp_rmem'),
    tcpWmemMaxBytes: largest('net/ipv4/tcp_wmem'),
  })
}
