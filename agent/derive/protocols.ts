import type { SignalDefinition, SignalName } from '../signals.ts'
import { IP, IP_EXT, ratesOf, SNMP6, TCP, TCP_EXT, UDP } from './protocol-counters.ts'
import { derivation, intervalOf, quotient, ratePerSecond, type Step } from './step.ts'

export const protocolSignals = {
  ...ratesOf('netstat.', TCP_EXT),
  ...ratesOf('netstat.', IP_EXT),
  ...ratesOf('snmp.Ip', IP),
  ...ratesOf('snmp.Tcp', TCP),
  ...ratesOf('snmp.Udp', UDP),
  ...ratesOf('snmp6.', SNMP6),
  'tcp.synQueueFullPerSecond': {
    unit: 'perSecond',
    subject: 'Node',
    worse: 'up',
    help: 'SYNs that found the SYN queue of their listener full: dropped or answered with a cookie',
  },
  'tcp.bufferDropsPerSecond': {
    unit: 'perSecond',
    subject: 'Node',
    worse: 'up',
    help: 'TCP segments and connections lost for want of socket memory: RcvPruned, TCPRcvQDrop, TCPBacklogDrop, TCPAbortOnMemory',
  },
  'tcp.retransmitRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'TCP segments sent again over all that were sent',
  },
  'udp.bufferErrorsPerSecond': {
    unit: 'perSecond',
    subject: 'Node',
    worse: 'up',
    help: 'Datagrams lost because a receive or send buffer was full, IPv4 and IPv6',
  },
} as const satisfies Record<string, SignalDefinition>

/** Growth of a counter a second, by its name; undefined where there is none. */
type RateOf = (name: string) => number | undefined

/** What the kernel's protocols dropped in the node's own network namespace; pods have counters of their own. */
export const protocols = derivation({
  start: null,
  step(state, step) {
    const { signals } = step
    const emit = (prefix: string, helps: object, rateOf: RateOf): void => {
      for (const name of Object.keys(helps))
        signals.set(`${prefix}${name}PerSecond` as SignalName, 'node', rateOf(name))
    }
    const tcpExt = protocolRates(step, 'netstat', 'TcpExt')
    const tcp = protocolRates(step, 'snmp', 'Tcp')
    const udp = protocolRates(step, 'snmp', 'Udp')
    const v6 = snmp6Rates(step)
    emit('netstat.', TCP_EXT, tcpExt)
    emit('netstat.', IP_EXT, protocolRates(step, 'netstat', 'IpExt'))
    emit('snmp.Ip', IP, protocolRates(step, 'snmp', 'Ip'))
    emit('snmp.Tcp', TCP, tcp)
    emit('snmp.Udp', UDP, udp)
    emit('snmp6.', SNMP6, v6)

    const lost = ['RcvPruned', 'TCPRcvQDrop', 'TCPBacklogDrop', 'TCPAbortOnMemory']
    const full = [udp('RcvbufErrors'), udp('SndbufErrors'), v6('Udp6RcvbufErrors'), v6('Udp6SndbufErrors')]
    signals.set('tcp.synQueueFullPerSecond', 'node', sum(['TCPReqQFullDrop', 'TCPReqQFullDoCookies'].map(tcpExt)))
    signals.set('tcp.bufferDropsPerSecond', 'node', sum(lost.map(tcpExt)))
    signals.set('tcp.retransmitRatio', 'node', retransmitRatio(tcp('RetransSegs'), tcp('OutSegs')))
    signals.set('udp.bufferErrorsPerSecond', 'node', sum(full))
    return { state, facts: null }
  },
})

function protocolRates(step: Step, collector: 'netstat' | 'snmp', protocol: string): RateOf {
  const interval = intervalOf(step, collector)
  const before = interval?.before.get(protocol)
  const after = interval?.after.get(protocol)
  if (interval === null || before === undefined || after === undefined) return () => undefined
  return name => ratePerSecond(before.get(name), after.get(name), interval.seconds)
}

function snmp6Rates(step: Step): RateOf {
  const interval = intervalOf(step, 'snmp6')
  if (interval === null) return () => undefined
  return name => ratePerSecond(interval.before.get(name), interval.after.get(name), interval.seconds)
}

/** OutSegs leaves out what is sent again. */
function retransmitRatio(again: number | undefined, first: number | undefined): number | undefined {
  return quotient(again, again === undefined || first === undefined ? undefined : again + first)
}

/** Of those that this kernel counts; undefined where it counts none. */
function sum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0)
}
