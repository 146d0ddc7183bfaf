import { duration } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const apiServerSlow: Rule = {
  id: 'APIServerSlow',
  kind: 'finding',
  severity: 'warning',
  summary:
    'The API server answers this node slowly, or with errors of its own, while the Lease of the kubelet grows old.',
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
      also: 'or it answers 429 or 5xx (`APIServerFailing`)',
      observe,
    },
  ],
  remedy:
    'See whether other nodes say the same: then it is the API server or etcd (their own metrics), else the way there from this node.',
}

/** Asked only while the Lease looks old; a Lease that is renewed in time says that the way is clear. */
function observe({ facts: { kubelet } }: View, levels: Levels): Observation[] | null {
  const { lease } = kubelet
  if (lease === undefined) return null
  const { probe, apiError, ageMs } = lease
  const old = `while the Lease was ${duration(ageMs)} old`
  if (apiError !== null) {
    // No answer at all is NodeCutOff's.
    const stance = apiError.code === 0 ? 'unmeasured' : 'raise'
    const words = () => ({
      reason: 'APIServerFailing',
      badness: FAILING_MS,
      message: `the API server answered ${apiError.code} ${old}: ${apiError.message}`,
      evidence: evidence({ statusCode: apiError.code, leaseAgeMs: ageMs }),
    })
    return [{ subject: theNode, stance, words }]
  }
  const roundTripMs = probe?.roundTripMs ?? 0
  const words = () => ({
    badness: roundTripMs,
    message: `the API server answered in ${duration(roundTripMs)} ${old}`,
    evidence: evidence({ roundTripMs, leaseAgeMs: ageMs }),
  })
  return [{ subject: theNode, stance: stanceOf(roundTripMs, 'above', levels), words }]
}

/** An answer that is an error is as bad as one that takes all the time we wait. */
const FAILING_MS = 10_000
