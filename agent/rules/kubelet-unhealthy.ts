import type { HttpAnswer } from '../../collectors/host.ts'
import { duration } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule } from './rule.ts'

export const kubeletUnhealthy: Rule = {
  id: 'KubeletUnhealthy',
  kind: 'condition',
  severity: 'warning',
  summary: 'The kubelet does not answer its own health check, or says that it is not well.',
  subject: 'Node',
  needs: ['kubelet'],
  triggers: [
    {
      name: 'level',
      signal: 'kubelet.healthzFailing',
      unit: 'count',
      direction: 'above',
      raise: 1,
      // Asked every 30 s: three failures in a row.
      forMs: 60_000,
      holdMs: 60_000,
      reason: 'KubeletNotAnswering',
      also: 'where a kubelet listens on 127.0.0.1:10248, or did so while the agent runs',
      observe: nodeValueAbove('kubelet.healthzFailing', (_, { facts: { kubelet } }) => ({
        message: `the kubelet's /healthz ${said(kubelet.healthz)}`,
        evidence: evidence({ statusCode: kubelet.healthz?.code, healthzMs: kubelet.healthz?.roundTripMs }),
      })),
    },
  ],
  remedy: '`systemctl status kubelet`, `journalctl -u kubelet`; `curl http://127.0.0.1:10248/healthz` on the node.',
}

function said(healthz: HttpAnswer | undefined): string {
  if (!healthz || healthz.code === 0) return `did not answer (${healthz?.error ?? 'unknown why'})`
  return `answered ${healthz.code} in ${duration(healthz.roundTripMs)}`
}
