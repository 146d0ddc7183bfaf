import type { HttpAnswer, Lease } from '../../collectors/host.ts'
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
      also: 'and the API server, asked directly, still has the old Lease and has answered and taken writes all the time, within 1 s',
      observe: nodeValueAbove(
        'kubelet.leaseLateRatio',
        (ratio, { facts }) => ({
          message: lateness(facts.kubelet),
          evidence: evidence({
            leaseLateRatio: ratio,
            leaseAgeMs: facts.kubelet.lease?.ageMs,
            apiRoundTripMs: facts.kubelet.lease?.probe?.roundTripMs,
            healthzMs: ownWord(facts.kubelet)?.roundTripMs,
          }),
        }),
        ({ facts }) => isConfirmed(facts.kubelet.lease),
      ),
    },
  ],
  // The node is NotReady in seconds: a warning that waits for minutes would be none.
  publishAfter: '0s',
  remedy:
    'Look what keeps the kubelet: the other problems of this node (disk, memory), `systemctl status kubelet`, `journalctl -u kubelet`, threads in D (`ps -eLo stat,wchan:32,comm | grep ^D`).',
}

/** Two questions' time: an older answer says nothing of now. */
const FRESH_MS = 10_000

/** From here on it is APIServerSlow's. */
const SLOW_MS = 1_000

const isConfirmed = (lease: Lease | undefined): boolean =>
  !!lease?.probe && lease.probe.ageMs <= FRESH_MS && lease.probe.roundTripMs < SLOW_MS

/** Kubelet, API server, network: which of the three it is. */
function lateness(facts: KubeletFacts): string {
  const { lease } = facts
  if (!lease) return 'the kubelet does not renew its Lease'
  const api = lease.probe ? `; the API server answered in ${duration(lease.probe.roundTripMs)}` : ''
  return `the kubelet has not renewed its Lease for ${duration(lease.ageMs)} (NotReady from ${lease.durationSeconds} s on)${api}${own(ownWord(facts))}`
}

/** The kubelet renews its Lease four times in its duration. */
const RENEWALS = 4

/** What it said before the renewal was due says nothing of why that did not come. */
function ownWord({ lease, healthz }: KubeletFacts): HttpAnswer | undefined {
  const overdueMs = lease ? lease.ageMs - (lease.durationSeconds * 1000) / RENEWALS : 0
  return healthz && healthz.ageMs <= overdueMs ? healthz : undefined
}

function own(healthz: HttpAnswer | undefined): string {
  if (!healthz) return ''
  if (healthz.code === 0) return ', the kubelet itself does not answer'
  return `, the kubelet itself answered ${healthz.code} in ${duration(healthz.roundTripMs)}`
}
