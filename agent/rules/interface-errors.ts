import { percent, perSecond } from '../words.ts'
import { observeInterfaces } from './interface-subjects.ts'
import { evidence, type Rule, type View } from './rule.ts'

export const interfaceErrors: Rule = {
  id: 'InterfaceErrors',
  kind: 'finding',
  severity: 'warning',
  summary: 'A network device receives damaged packets or cannot send.',
  subject: 'Interface',
  needs: ['netdev'],
  triggers: [
    {
      name: 'share',
      signal: 'interface.errorRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.02,
      reason: 'InterfaceErrors',
      also: 'at least 10 000 packets within 10 min, and more than one burst of two intervals',
      observe: (view, levels) =>
        observeInterfaces(
          view,
          levels,
          { rate: 'interface.errorsPerSecond', judged: 'interface.errorRatio', lasting: 'errors' },
          (name, ratio) => ({
            message: `${name} had errors on ${percent(ratio)} of its packets in the last 10 min`,
            evidence: evidenceOf(name, view),
          }),
        ),
    },
    {
      name: 'rate',
      signal: 'interface.errorsPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 100,
      reason: 'InterfaceErrors',
      observe: (view, levels) =>
        observeInterfaces(
          view,
          levels,
          { rate: 'interface.errorsPerSecond', judged: 'interface.errorsPerSecond' },
          (name, rate) => ({ message: `${name} has errors at ${perSecond(rate)}`, evidence: evidenceOf(name, view) }),
        ),
    },
  ],
  remedy:
    'See which errors they are (`ip -s -s link show <interface>`, `ethtool -S`): CRC errors mean cable, transceiver or switch port, carrier errors the link; compare speed and duplex of both ends.',
}

function evidenceOf(name: string, { signals }: View): Record<string, number> {
  return evidence({
    rxErrorsPerSecond: signals.get('interface.rxErrorsPerSecond', name),
    txErrorsPerSecond: signals.get('interface.txErrorsPerSecond', name),
    errorRatio: signals.get('interface.errorRatio', name),
    rxPacketsPerSecond: signals.get('interface.rxPacketsPerSecond', name),
    txPacketsPerSecond: signals.get('interface.txPacketsPerSecond', name),
  })
}
