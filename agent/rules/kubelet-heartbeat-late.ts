import type { HttpAnswer } from '../../collectors/host.ts'
import type { KubeletFacts } from '../derive/kubelet.ts'
import { duration } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule } from './rule.ts'

export const kubeletHeartbeatLate: Rule = {
  id: 'KubeletHeartbeatLate',
  kind: 'condition',
  severity: 'warning',
  summary: 'The kubelet does not renew its Lease in time, and the API server can be reached.',
  subject: 'Node',
  needs: ['lease'],
  uses: ['kubelet'],
  triggers: [
    {
      name: 'level',
      signal: 'kubelet.leaseLateRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.6,
      clear: 0.5,
      critical: 0.9,
      reason: 'LeaseNotRenewed',
      forMs: 0,
      also: 'and the API server, asked directly, still has the old Lease and has answered all the time',
      observe: nodeValueAbove(
        'kubelet.leaseLateRatio',
        (ratio, { facts }) => ({
          message: lateness(facts.kubelet),
          evidence: evidence({
            leaseLateRatio: ratio,
            leaseAgeMs: facts.kubelet.lease?.ageMs,
            apiRoundTripMs: facts.kubelet.lease?.probe?.roundTripMs,
            healthzMs: facts.kubelet.healthz?.roundTripMs,
          }),
        }),
        ({ facts }) => facts.kubelet.lease?.probe !== null,
      ),
    },
  ],
  // The node is NotReady in seconds: a warning that waits for minutes would be none.
  publishAfter: '0s',
  remedy:
    'Look what keeps the kubelet: the other problems of this node (disk, memory), `systemctl status kubelet`, `journalctl -u kubelet`, threads in D (`ps -eLo stat,wchan:32,comm | grep ^D`).',
}

/** Kubelet, API server, network: which of the three it is. */
function lateness({ lease, healthz }: KubeletFacts): string {
  if (!lease) return 'the kubelet does not renew its Lease'
  const api = lease.probe ? `; the API server answered in ${duration(lease.probe.roundTripMs)}` : ''
  return `the kubelet has not renewed its Lease for ${duration(lease.ageMs)} (NotReady from ${lease.durationSeconds} s on)${api}${own(healthz)}`
}

function own(healthz: HttpAnswer | undefined): string {
  if (!healthz) return ''
  return healthz.code === 0
    ? ', the kubelet itself does not answer'
    : `, the kubelet itself answered in ${duration(healthz.roundTripMs)}`
}
