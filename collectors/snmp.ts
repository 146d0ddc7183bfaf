import { collector } from './collector.ts'
import { counter, decimal, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/1/net/snmp`: counters of the IPv4 stack by protocol, as the MIBs define them.
 *
 *     Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
 *     Udp: 146 0 3755 3908 3755 0 0 0 0
 *
 * Pairs of lines, names and values, for Ip, Icmp, IcmpMsg, Tcp, Udp, UdpLite. Counters since the
 * network namespace began, but for Ip's Forwarding and DefaultTTL and Tcp's Rto*, MaxConn (-1: no limit) and CurrEstab, which are
 * gauges. Each kernel adds names. Kernel: Documentation/networking/snmp_counter.rst, net/ipv4/proc.c
 */
export type Protocols = ReadonlyMap<string, ReadonlyMap<string, number>>

const PATH = '/proc/1/net/snmp'

/** `/proc/net/netstat` has the same form. */
export function parseProtocols(text: string): Protocols {
  const all = lines(text)
  if (all.length % 2 !== 0) throw new Malformed('an odd number of lines, where each line of names has one of values')
  const protocols = new Map<string, ReadonlyMap<string, number>>()
  for (let i = 0; i < all.length; i += 2) {
    const names = fields(all[i]!)
    const values = fields(all[i + 1]!)
    const protocol = names[0]!
    if (!protocol.endsWith(':') || values[0] !== protocol)
      throw new Malformed('a line of names without one of values of the same protocol')
    if (names.length !== values.length)
      throw new Malformed(`${protocol} ${names.length - 1} names and ${values.length - 1} values`)
    protocols.set(protocol.slice(0, -1), new Map(names.slice(1).map((name, n) => [name, signed(values[n + 1], name)])))
  }
  return protocols
}

const signed = (text: string | undefined, name: string): number =>
  text?.startsWith('-') ? decimal(text, name) : counter(text, name)

export const snmp = collector({
  name: 'snmp',
  source: PATH,
  absentWhen: 'the kernel lacks CONFIG_INET',
  collect: host => parsed(PATH, host.read(PATH), parseProtocols),
})
