import { percent } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

/** The kernel's own table alone: one that a network plugin keeps in BPF maps is not seen here. */
export const conntrackPressure: Rule = {
  id: 'ConntrackPressure',
  kind: 'condition',
  severity: 'warning',
  summary: 'The connection tracking table is nearly full; once it is, new connections are dropped.',
  subject: 'Node',
  needs: ['conntrack'],
  triggers: [
    {
      name: 'level',
      signal: 'conntrack.usedRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.8,
      clear: 0.75,
      critical: 0.95,
      reason: 'ConntrackTableFilling',
      forMs: 30_000,
      observe,
    },
  ],
  remedy:
    'See whose connections they are (`conntrack -L | grep -oE "^[^=]*src=[^ ]*" | sed "s/.*=//" | sort | uniq -c | sort -n | tail`); raise net.netfilter.nf_conntrack_max if the use is right.',
}

function observe({ signals }: View, levels: Levels): Observation[] | null {
  const entries = signals.get('conntrack.entries')
  const max = signals.get('conntrack.max')
  const ratio = signals.get('conntrack.usedRatio')
  if (entries === undefined || max === undefined) return null
  if (ratio === undefined) return [] // nf_conntrack_max = 0: no limit
  return [
    {
      subject: theNode,
      stance: stanceOf(ratio, 'above', levels),
      words: () => ({
        badness: ratio,
        message: `${entries} connections are tracked, ${percent(ratio)} of the ${max} that nf_conntrack_max allows`,
        evidence: evidence({
          entries,
          max,
          usedRatio: ratio,
          droppedPerSecond: signals.get('conntrack.droppedPerSecond'),
          insertFailedPerSecond: signals.get('conntrack.insertFailedPerSecond'),
        }),
      }),
    },
  ]
}
