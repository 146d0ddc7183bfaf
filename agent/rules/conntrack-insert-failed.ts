import { perSecond } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule } from './rule.ts'

/** Some of it is everyday: two lookups that a resolver sends at once from one port race for their entry. */
export const conntrackInsertFailed: Rule = {
  id: 'ConntrackInsertFailed',
  kind: 'finding',
  severity: 'info',
  summary: 'Packets vanish because two connections were given the same tuple by NAT.',
  subject: 'Node',
  needs: ['conntrackstat'],
  triggers: [
    {
      name: 'level',
      signal: 'conntrack.insertFailedPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 10,
      reason: 'ConntrackInsertFailed',
      forMs: 300_000,
      observe: nodeValueAbove('conntrack.insertFailedPerSecond', (failed, { signals }) => ({
        message: `packets are dropped at ${perSecond(failed)} because another connection took their place in connection tracking`,
        evidence: evidence({
          insertFailedPerSecond: failed,
          entries: signals.get('conntrack.entries'),
          searchRestartPerSecond: signals.get('conntrack.searchRestartPerSecond'),
        }),
      })),
    },
  ],
  remedy:
    'Where DNS lookups take 5 s: a cache on the node, or `single-request-reopen` in resolv.conf; elsewhere have SNAT use `--random-fully`.',
}
