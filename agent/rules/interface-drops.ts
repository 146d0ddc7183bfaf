import { percent, perSecond } from '../words.ts'
import { observeInterfaces } from './interface-subjects.ts'
import { evidence, type Rule, type View } from './rule.ts'

/** Not by rx_dropped: packets of unknown protocols (LLDP, spanning tree) and of a bond's backup are in there. */
export const interfaceDrops: Rule = {
  id: 'InterfaceDrops',
  kind: 'finding',
  severity: 'warning',
  summary: 'A network device loses received packets because the node does not fetch them in time.',
  subject: 'Interface',
  needs: ['netdev'],
  triggers: [
    {
      name: 'share',
      signal: 'interface.missedRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.02,
      reason: 'InterfaceMissesPackets',
      also: 'at least 10 000 packets within 10 min, and more than one burst of two intervals',
      observe: (view, levels) =>
        observeInterfaces(
          view,
          levels,
          { rate: 'interface.rxMissedPerSecond', judged: 'interface.missedRatio', lasting: 'missed' },
          (name, ratio) => ({
            message: `${name} lost ${percent(ratio)} of the packets that reached it in the last 10 min for want of a receive buffer`,
            evidence: evidenceOf(name, view),
          }),
        ),
    },
    {
      name: 'rate',
      signal: 'interface.rxMissedPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 100,
      reason: 'InterfaceMissesPackets',
      observe: (view, levels) =>
        observeInterfaces(
          view,
          levels,
          { rate: 'interface.rxMissedPerSecond', judged: 'interface.rxMissedPerSecond' },
          (name, rate) => ({
            message: `${name} loses packets at ${perSecond(rate)} for want of a receive buffer`,
            evidence: evidenceOf(name, view),
          }),
        ),
    },
  ],
  remedy:
    'Enlarge the ring (`ethtool -g`, `ethtool -G <interface> rx …`), spread its interrupts over more CPUs, and see whether a CPU is full of softirq (`mpstat -P ALL 1`).',
}

function evidenceOf(name: string, { signals }: View): Record<string, number> {
  return evidence({
    rxMissedPerSecond: signals.get('interface.rxMissedPerSecond', name),
    missedRatio: signals.get('interface.missedRatio', name),
    rxPacketsPerSecond: signals.get('interface.rxPacketsPerSecond', name),
    rxDroppedPerSecond: signals.get('interface.rxDroppedPerSecond', name),
    txDroppedPerSecond: signals.get('interface.txDroppedPerSecond', name),
  })
}
