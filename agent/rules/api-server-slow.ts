import { duration } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const apiServerSlow: Rule = {
  id: 'APIServerSlow',
  kind: 'finding',
  severity: 'warning',
  summary: 'The API server answers this node slowly while the Lease of the kubelet grows old.',
  subject: 'Node',
  needs: ['lease'],
  triggers: [
    {
      name: 'level',
      signal: 'apiserver.roundTripMs',
      unit: 'ms',
      direction: 'above',
      // The Kubernetes SLO for requests about a single object.
      raise: 1_000,
      reason: 'APIServerLatencyHigh',
      forMs: 0,
      observe,
    },
  ],
  remedy:
    'See whether other nodes say the same: then it is the API server or etcd (their own metrics), else the way there from this node.',
}

/** Asked only while the Lease looks old; a Lease that is renewed in time says that the way is clear. */
function observe({ signals, facts }: View, levels: Levels): Observation[] {
  const roundTripMs = signals.get('apiserver.roundTripMs')
  const stance = roundTripMs === undefined ? 'clear' : stanceOf(roundTripMs, 'above', levels)
  return [
    {
      subject: theNode,
      stance,
      words: () => ({
        badness: roundTripMs ?? 0,
        message: `the API server answered in ${duration(roundTripMs ?? 0)} while the Lease was ${duration(facts.kubelet.lease?.ageMs ?? 0)} old`,
        evidence: evidence({ roundTripMs, leaseAgeMs: facts.kubelet.lease?.ageMs }),
      }),
    },
  ]
}
