import type { CallCount } from '../kubernetes/calls.ts'
import type { Metric, Series } from './metric.ts'

/** What the API server is asked; nothing without a cluster. */
export const apiMetrics: readonly Metric[] = [
  {
    name: 'node_agent_api_requests_total',
    help: 'Requests to the API server by verb, resource and HTTP status; code 0: no answer',
    type: 'counter',
    labels: ['verb', 'resource', 'code'],
    series: ({ calls }) => calls.map(call => ofCall(call, call.count)),
  },
  {
    name: 'node_agent_api_request_duration_seconds_total',
    help: 'Time until these requests were answered, together; without watches, which last as long as they may',
    type: 'counter',
    labels: ['verb', 'resource', 'code'],
    series: ({ calls }) =>
      calls.filter(({ verb }) => verb !== 'watch').map(call => ofCall(call, call.durationMs / 1000)),
  },
]

const ofCall = ({ verb, resource, code }: CallCount, value: number): Series => ({
  labels: { verb, resource, code: String(code) },
  value,
})
