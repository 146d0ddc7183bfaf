import type { HttpAnswer, Lease } from '../../collectors/host.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, readingOf } from './step.ts'

export const kubeletSignals = {
  'kubelet.leaseAgeRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: "Time since the kubelet's Lease was seen to be renewed, over its duration; from 1 on the control plane calls the node NotReady",
  },
  'kubelet.leaseLateRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'The same, but counted from the moment on from which the API server has answered: after an outage of it every Lease is old, and no kubelet late',
  },
  'kubelet.leaseAgeMs': {
    unit: 'ms',
    subject: 'Node',
    worse: 'up',
    help: "Time since the kubelet's Lease was seen to be renewed, by the agent's own clock",
  },
  'kubelet.healthzMs': {
    unit: 'ms',
    subject: 'Node',
    worse: 'up',
    help: "Time until the kubelet's /healthz answered, or until the agent gave up",
  },
  'kubelet.healthzFailing': {
    unit: 'count',
    subject: 'Node',
    worse: 'up',
    help: "1 where the kubelet's /healthz did not answer 200 within 10 s, else 0",
  },
  'apiserver.roundTripMs': {
    unit: 'ms',
    subject: 'Node',
    worse: 'up',
    help: 'Time until the API server answered the agent; asked only while the Lease looks old',
  },
} as const satisfies Record<string, SignalDefinition>

const OK = 200

/** What is known of the kubelet's heartbeat: two witnesses, and whether we ourselves reach the API server. */
export interface KubeletFacts {
  readonly lease: Lease | undefined
  /** `ageMs`: since the answer came, or was given up. */
  readonly healthz: (HttpAnswer & { readonly ageMs: number }) | undefined
}

export const kubelet = derivation({
  start: null,
  step(state, { curr, signals }): { state: null; facts: KubeletFacts } {
    const lease = readingOf(curr, 'lease')
    const healthz = readingOf(curr, 'kubelet')
    if (lease) {
      signals.set('kubelet.leaseAgeMs', 'node', lease.ageMs)
      signals.set('kubelet.leaseAgeRatio', 'node', lease.ageMs / (lease.durationSeconds * 1000))
      const lateMs = lease.answeringForMs === null ? undefined : Math.min(lease.ageMs, lease.answeringForMs)
      signals.set('kubelet.leaseLateRatio', 'node', lateMs && lateMs / (lease.durationSeconds * 1000))
      signals.set('apiserver.roundTripMs', 'node', lease.probe?.roundTripMs)
    }
    if (healthz) {
      signals.set('kubelet.healthzMs', 'node', healthz.roundTripMs)
      signals.set('kubelet.healthzFailing', 'node', healthz.code === OK ? 0 : 1)
    }
    const ageMs = curr.atMs - curr.readings.kubelet.atMs
    return { state, facts: { lease, healthz: healthz && { ...healthz, ageMs } } }
  },
})
