import { collector } from './collector.ts'
import { counter, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/1/net/snmp6`: counters of the IPv6 stack, one a line.
 *
 *     Ip6InReceives                   	1
 *     Udp6RcvbufErrors                	0
 *
 * All counters since the network namespace began. TCP over IPv6 counts in snmp and netstat. There unless the kernel lacks
 * CONFIG_IPV6 or was booted with ipv6.disable=1. Kernel: net/ipv6/proc.c
 */
const PATH = '/proc/1/net/snmp6'

export function parseSnmp6(text: string): ReadonlyMap<string, number> {
  return new Map(
    lines(text).map(line => {
      const [name, value, ...rest] = fields(line)
      if (rest.length > 0) throw new Malformed(`${rest.length + 2} fields instead of 2`)
      return [name!, counter(value, name!)]
    }),
  )
}

export const snmp6 = collector({
  name: 'snmp6',
  source: PATH,
  absentWhen: 'IPv6 is off (CONFIG_IPV6, or booted with ipv6.disable=1)',
  collect: host => parsed(PATH, host.read(PATH), parseSnmp6),
})
