import type { Lease } from '../../collectors/host.ts'
import type { Reading } from '../../collectors/reading.ts'
import type { Config } from '../config/config.ts'
import { Api, type Observed } from './api.ts'
import { LeaseFollower } from './lease.ts'

/** The cluster that this node belongs to. */
export interface Cluster {
  readonly api: Api
  /** The node's Lease, as followed. */
  lease(): Reading<Lease>
  start(): void
  stop(): void
}

/** Every pod is told where the API server is. */
const inPod = (environment: NodeJS.ProcessEnv): boolean => environment.KUBERNETES_SERVICE_HOST !== undefined

/** Null where the configuration or the surroundings have none. Asks nothing before its start. `now`: monotonic ms since boot. */
export function openCluster(
  { publish, nodeName }: Config,
  { now, observe, warn }: { now: () => number; observe(observed: Observed): void; warn(message: string): void },
): Cluster | null {
  const { enabled, kubeconfig } = publish
  if (enabled === false || (enabled === 'auto' && kubeconfig === '' && !inPod(process.env))) return null
  const api = new Api(
    async () => (await import('./kubeconfig.ts')).connect(kubeconfig),
    observed => {
      observe(observed)
      follower.witness(observed)
    },
  )
  const follower = new LeaseFollower(api, nodeName, now, { warn })
  return { api, lease: () => follower.read(), start: () => follower.start(), stop: () => follower.stop() }
}
