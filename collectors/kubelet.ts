import { collector } from './collector.ts'

/**
 * The Lease that the kubelet renews every 10 s in kube-node-lease (`Lease` in host.ts). When it is older than its duration,
 * 40 s by default, the control plane calls the node NotReady.
 *
 *     durationSeconds 40, ageMs 4211, renewals 17, probe null, apiError null, answeringForMs 170512
 *
 * Followed by watch, beside the loop. KEP-589.
 */
export const lease = collector({
  name: 'lease',
  source: "the node's Lease, by watch",
  absentWhen: 'the agent publishes to no cluster, or no kubelet has renewed a Lease',
  collect: host => host.services.lease(),
})

const HEALTHZ = 'http://127.0.0.1:10248/healthz'

/**
 * The kubelet's own word on its health, and how long it took (`HttpAnswer` in host.ts).
 *
 *     code 200, roundTripMs 1.2, error null
 *
 * Asked every 30 s, with a deadline of 10 s, as node-problem-detector does. It tells that the process answers, and little
 * more. KubeletConfiguration: healthzBindAddress, healthzPort.
 */
export const kubelet = collector({
  name: 'kubelet',
  source: HEALTHZ,
  absentWhen: 'no kubelet runs, or its healthzPort is another one',
  everyMs: 30_000,
  collect: host => host.services.ask(HEALTHZ),
})
