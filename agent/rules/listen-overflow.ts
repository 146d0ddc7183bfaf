import { perSecond } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule } from './rule.ts'

export const listenOverflow: Rule = {
  id: 'ListenOverflow',
  kind: 'finding',
  severity: 'warning',
  summary: 'A listener of the node does not accept connections fast enough, and the kernel drops them.',
  subject: 'Node',
  needs: ['netstat'],
  triggers: [
    {
      name: 'level',
      signal: 'netstat.ListenOverflowsPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 1,
      reason: 'AcceptQueueFull',
      observe: nodeValueAbove('netstat.ListenOverflowsPerSecond', (overflows, { signals, facts }) => ({
        message: `connections to the node itself are dropped at ${perSecond(overflows)} because a listener's accept queue is full`,
        evidence: evidence({
          ListenOverflowsPerSecond: overflows,
          ListenDropsPerSecond: signals.get('netstat.ListenDropsPerSecond'),
          somaxconn: facts.settings?.values.get('net/core/somaxconn')?.[0],
        }),
      })),
    },
  ],
  remedy:
    'Find the listener whose Recv-Q is past its Send-Q (`ss -lntp`): its process is too slow, or its backlog and net.core.somaxconn are too small.',
}
