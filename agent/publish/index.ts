import type { Logger } from 'pino'
import { calmWords } from '../conditions.ts'
import type { Config } from '../config/config.ts'
import { Api, type Observed } from '../kubernetes/api.ts'
import type { Publishing, Report } from '../report.ts'
import type { ActiveRule } from '../rules/active.ts'
import { Publisher } from './publisher.ts'
import type { Traits } from './wanted.ts'

/** What the loop and the servers see of publishing. */
export interface Publication {
  readonly status: Publishing
  see(report: Report): void
  stop(): void
}

const NOWHERE: Publication = {
  status: { enabled: false, detail: 'no cluster: verdicts are served here only' },
  see: () => undefined,
  stop: () => undefined,
}

/** Whether there is a cluster to publish to: the kubelet says so to every pod. */
const inPod = (environment: NodeJS.ProcessEnv): boolean => environment.KUBERNETES_SERVICE_HOST !== undefined

/** Starts to publish where the configuration and the surroundings want it. `now`: monotonic ms since boot. */
export function startPublishing(
  { publish, eventRules, nodeName, intervalMs }: Config,
  rules: readonly ActiveRule[],
  { log, now, observe }: { log: Logger; now: () => number; observe(observed: Observed): void },
): Publication {
  const { enabled, kubeconfig, policy, spreadMs } = publish
  if (enabled === false) return { ...NOWHERE, status: { enabled: false, detail: 'publish.enabled is false' } }
  if (enabled === 'auto' && kubeconfig === '' && !inPod(process.env)) return NOWHERE
  const connect = async () => (await import('../kubernetes/kubeconfig.ts')).connect(kubeconfig)
  const byId = new Map(rules.map(rule => [rule.id, rule]))
  const publisher = new Publisher(
    new Api(connect, observe),
    {
      nodeName,
      intervalMs,
      policy,
      traits: new Map(rules.map(rule => [rule.id, traitsOf(rule)])),
      tellable: {
        has: id => byId.get(id)?.kind !== 'finding' || eventRules.includes(id),
        isOneOff: id => byId.get(id)?.kind === 'event',
      },
      spreadMs,
    },
    log,
    now,
  )
  publisher.start()
  return publisher
}

/** A rule is sure that nothing holds once a problem would have had the time to begin and to end. */
const traitsOf = ({ definition, triggers }: ActiveRule): Traits => ({
  settlingMs: Math.max(...triggers.map(({ forMs, holdMs }) => Math.max(forMs, holdMs))),
  calm: calmWords(definition),
})
