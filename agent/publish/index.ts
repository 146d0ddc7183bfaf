import type { Logger } from 'pino'
import { calmWords } from '../conditions.ts'
import type { Config } from '../config/config.ts'
import type { Cluster } from '../kubernetes/cluster.ts'
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

const NOWHERE: Publishing = { enabled: false, detail: 'no cluster: verdicts are served here only' }

/** Starts to publish; without a cluster there is nowhere to. `now`: monotonic ms since boot. */
export function startPublishing(
  { publish, eventRules, nodeName, intervalMs }: Config,
  rules: readonly ActiveRule[],
  { cluster, log, now }: { cluster: Cluster | null; log: Logger; now: () => number },
): Publication {
  if (cluster === null) return { status: NOWHERE, see: () => undefined, stop: () => undefined }
  const byId = new Map(rules.map(rule => [rule.id, rule]))
  const publisher = new Publisher(
    cluster.api,
    {
      nodeName,
      intervalMs,
      policy: publish.policy,
      traits: new Map(rules.map(rule => [rule.id, traitsOf(rule)])),
      tellable: {
        has: id => byId.get(id)?.kind !== 'finding' || eventRules.includes(id),
        isOneOff: id => byId.get(id)?.kind === 'event',
      },
      spreadMs: publish.spreadMs,
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
