import { collector } from './collector.ts'
import { parsed } from './reading.ts'
import { parseProtocols } from './snmp.ts'

/**
 * `/proc/1/net/netstat`: counters of the IPv4 stack beyond the MIBs; what `nstat` shows.
 *
 *     TcpExt: SyncookiesSent SyncookiesRecv … ListenOverflows ListenDrops … TCPBacklogDrop … IPReversePathFilter …
 *     TcpExt: 0 0 … 696 696 … 0 … 0 …
 *     IpExt: InNoRoutes InTruncatedPkts InMcastPkts …
 *     IpExt: 0 0 0 …
 *
 * Pairs of lines, names and values, for TcpExt (IPv6 included), IpExt and, with CONFIG_MPTCP, MPTcpExt. All counters since
 * the network namespace began; those of a pod are in the pod's own file only. Each kernel adds
 * names. Kernel: Documentation/networking/snmp_counter.rst, net/ipv4/proc.c
 */
const PATH = '/proc/1/net/netstat'

export const netstat = collector({
  name: 'netstat',
  source: PATH,
  absentWhen: 'the kernel lacks CONFIG_INET',
  collect: host => parsed(PATH, host.read(PATH), parseProtocols),
})
