import { percent, perSecond } from '../words.ts'
import { nodeValueAbove } from './node-value.ts'
import { evidence, type Rule, type View } from './rule.ts'

/** Fewer than one in ten thousand is nobody's trouble, however many they are. */
const MIN_RATIO = 0.0001

export const softnetDrops: Rule = {
  id: 'SoftnetDrops',
  kind: 'finding',
  severity: 'warning',
  summary: 'CPUs drop received packets because they cannot keep up with them.',
  subject: 'Node',
  needs: ['softnet'],
  triggers: [
    {
      name: 'level',
      signal: 'softnet.droppedPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 10,
      reason: 'SoftnetBacklogFull',
      also: 'more than 0.01 % of the packets processed',
      observe: nodeValueAbove(
        'softnet.droppedPerSecond',
        describe,
        ({ signals }) => (signals.get('softnet.droppedRatio') ?? 1) > MIN_RATIO,
      ),
    },
  ],
  remedy:
    'Raise net.core.netdev_max_backlog, which holds bursts; where one CPU is full of softirq (`mpstat -P ALL 1`) spread the load over more (RSS queues, `ethtool -l`; RPS, rps_cpus).',
}

function describe(dropped: number, { signals, facts }: View) {
  const worst = facts.softnet?.worst
  const ratio = signals.get('softnet.droppedRatio')
  const share = ratio === undefined ? '' : ` (${percent(ratio)} of those processed)`
  return {
    message: `received packets are dropped at ${perSecond(dropped)}${share}, most of them by CPU ${worst?.cpu ?? '?'}`,
    evidence: evidence({
      droppedPerSecond: dropped,
      droppedRatio: ratio,
      processedPerSecond: signals.get('softnet.processedPerSecond'),
      timeSqueezePerSecond: signals.get('softnet.timeSqueezePerSecond'),
      netdevMaxBacklog: facts.settings?.values.get('net/core/netdev_max_backlog')?.[0],
      worstCPU: worst?.cpu,
      worstCPUDroppedPerSecond: worst?.droppedPerSecond,
    }),
  }
}
