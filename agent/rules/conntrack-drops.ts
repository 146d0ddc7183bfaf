import { perSecond } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule } from './rule.ts'

export const conntrackDrops: Rule = {
  id: 'ConntrackDrops',
  kind: 'finding',
  severity: 'warning',
  summary: 'Connection tracking drops packets or evicts connections for want of room.',
  subject: 'Node',
  needs: ['conntrackstat'],
  triggers: [
    {
      name: 'level',
      signal: 'conntrack.droppedPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 1,
      reason: 'ConntrackTableFull',
      observe: nodeValueAbove('conntrack.droppedPerSecond', (dropped, { signals }) => ({
        message: `connection tracking drops packets or evicts connections at ${perSecond(dropped)} because its table is full`,
        evidence: evidence({
          dropPerSecond: signals.get('conntrack.dropPerSecond'),
          earlyDropPerSecond: signals.get('conntrack.earlyDropPerSecond'),
          entries: signals.get('conntrack.entries'),
          max: signals.get('conntrack.max'),
        }),
      })),
    },
  ],
  remedy:
    'Raise net.netfilter.nf_conntrack_max if `conntrack -C` comes near it, then find who opens the connections (`conntrack -L`); if it does not, look at memory.',
}
