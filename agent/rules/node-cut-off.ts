import { duration } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const nodeCutOff: Rule = {
  id: 'NodeCutOff',
  kind: 'finding',
  severity: 'warning',
  summary: 'The API server cannot be reached from this node: nobody can say whether the kubelet is late.',
  subject: 'Node',
  needs: ['lease'],
  triggers: [
    {
      name: 'level',
      signal: 'kubelet.leaseAgeRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.6,
      clear: 0.5,
      reason: 'APIServerUnreachable',
      forMs: 0,
      also: 'and the API server, asked directly, does not answer; clear as soon as it does',
      observe,
    },
  ],
  remedy:
    'See whether other nodes say the same (then it is the API server) or this one alone: its network, its routes, kube-proxy, `curl -k https://<API server>/livez` from the node.',
}

/** An API server that answers is not out of reach, whatever it says and however old the Lease is. */
function observe({ signals, facts: { kubelet } }: View, levels: Levels): Observation[] | null {
  const { lease } = kubelet
  const ratio = signals.get('kubelet.leaseAgeRatio')
  if (lease === undefined || ratio === undefined) return null
  const { probe, apiError } = lease
  const answered = probe !== null || (apiError !== null && apiError.code !== 0)
  return [
    {
      subject: theNode,
      stance: answered ? 'clear' : stanceOf(ratio, 'above', levels, apiError !== null),
      words: () => ({
        badness: ratio,
        message: `nothing was heard of the API server for ${duration(lease.ageMs)}${apiError === null ? '' : `: ${apiError.message}`}`,
        evidence: evidence({ leaseAgeRatio: ratio, leaseAgeMs: lease.ageMs }),
      }),
    },
  ]
}
