import { duration } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule } from './rule.ts'

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
      also: 'and the API server, asked directly, does not answer',
      observe: nodeValueAbove(
        'kubelet.leaseAgeRatio',
        (ratio, { facts: { kubelet } }) => ({
          message: `nothing was heard of the API server for ${duration(kubelet.lease?.ageMs ?? 0)}: ${kubelet.lease?.apiError}`,
          evidence: evidence({ leaseAgeRatio: ratio, leaseAgeMs: kubelet.lease?.ageMs }),
        }),
        ({ facts }) => typeof facts.kubelet.lease?.apiError === 'string',
      ),
    },
  ],
  remedy:
    'See whether other nodes say the same (then it is the API server) or this one alone: its network, its routes, kube-proxy, `curl -k https://<API server>/livez` from the node.',
}
