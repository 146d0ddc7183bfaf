import { perSecond } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule } from './rule.ts'

export const udpBufferErrors: Rule = {
  id: 'UDPBufferErrors',
  kind: 'finding',
  severity: 'warning',
  summary: 'Datagrams are lost because the buffer of a socket is full.',
  subject: 'Node',
  needs: ['snmp'],
  triggers: [
    {
      name: 'level',
      signal: 'udp.bufferErrorsPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 10,
      reason: 'UDPBufferErrors',
      observe: nodeValueAbove('udp.bufferErrorsPerSecond', (errors, { signals, facts }) => ({
        message: `UDP datagrams are lost at ${perSecond(errors)} because a socket's buffer is full`,
        evidence: evidence({
          UdpRcvbufErrorsPerSecond: signals.get('snmp.UdpRcvbufErrorsPerSecond'),
          UdpSndbufErrorsPerSecond: signals.get('snmp.UdpSndbufErrorsPerSecond'),
          Udp6RcvbufErrorsPerSecond: signals.get('snmp6.Udp6RcvbufErrorsPerSecond'),
          Udp6SndbufErrorsPerSecond: signals.get('snmp6.Udp6SndbufErrorsPerSecond'),
          UdpMemErrorsPerSecond: signals.get('snmp.UdpMemErrorsPerSecond'),
          rmemMaxBytes: facts.settings?.values.get('net/core/rmem_max')?.[0],
          wmemMaxBytes: facts.settings?.values.get('net/core/wmem_max')?.[0],
        }),
      })),
    },
  ],
  remedy:
    'Find the socket whose Recv-Q stays full (`ss -nuamp`, `d` in skmem counts its drops): its process is too slow or its SO_RCVBUF, bounded by net.core.rmem_max, too small.',
}
