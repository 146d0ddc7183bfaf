import type { SignalDefinition } from '../signals.ts'

/** Counters of the kernel's protocols that tell of drops, errors and shortage: the kernel's names and what they mean. */

/** `TcpExt` of /proc/net/netstat. */
export const TCP_EXT = {
  ListenOverflows: 'Connections dropped because the accept queue of their listener was full',
  ListenDrops: 'Connections dropped by listeners, for whatever reason; ListenOverflows are among them',
  TCPReqQFullDrop: 'SYNs dropped because the SYN queue of their listener was full',
  TCPReqQFullDoCookies: 'SYNs answered with a cookie because the SYN queue of their listener was full',
  TCPBacklogDrop: 'TCP segments dropped because the backlog of a socket in use was full',
  PruneCalled: 'Times that a receive queue was squeezed because its socket was out of memory',
  RcvPruned: 'TCP segments dropped because squeezing the receive queue did not help',
  OfoPruned: 'Out-of-order queues dropped for want of socket memory',
  TCPRcvQDrop: 'TCP segments dropped because the receive queue was full',
  TCPOFODrop: 'Out-of-order TCP segments dropped because the receive buffer was full',
  TCPZeroWindowDrop: 'TCP segments dropped because the window was closed',
  TCPAbortOnMemory: 'TCP connections ended for want of memory (tcp_mem, orphans)',
  TCPMemoryPressures: 'Times that TCP came under memory pressure (tcp_mem)',
  TCPTimeWaitOverflow: 'TIME_WAIT sockets dropped because there were too many (tcp_max_tw_buckets)',
  PFMemallocDrop: 'Packets dropped because they came in on emergency memory reserves',
  TCPDeferAcceptDrop: 'Final ACKs dropped while TCP_DEFER_ACCEPT waits for data',
  SyncookiesFailed: 'SYN cookies that came back wrong',
  IPReversePathFilter: 'Packets dropped by reverse path filtering (rp_filter)',
} as const

/** `IpExt` of /proc/net/netstat. */
export const IP_EXT = {
  InNoRoutes: 'Received packets without a route',
  InTruncatedPkts: 'Received packets shorter than their header says',
} as const

/** `Ip` of /proc/net/snmp. */
export const IP = {
  InHdrErrors: 'Received packets with a bad IPv4 header',
  InAddrErrors: 'Received packets with an address that is not for us',
  InDiscards: 'Received packets dropped for want of memory',
  OutDiscards: 'Outgoing packets dropped for want of memory or by a full queue',
  OutNoRoutes: 'Outgoing packets without a route',
  ReasmFails: 'Packets whose fragments did not come together',
  FragFails: 'Packets too large for the next link that must not be fragmented',
} as const

/** `Tcp` of /proc/net/snmp. */
export const TCP = {
  InErrs: 'Received TCP segments with errors',
  RetransSegs: 'TCP segments sent again',
  AttemptFails: 'TCP connections that were never established',
  EstabResets: 'Established TCP connections that were reset',
} as const

/** `Udp` of /proc/net/snmp. */
export const UDP = {
  NoPorts: 'Datagrams to ports where nobody listens',
  InErrors: 'Datagrams that could not be delivered, for whatever reason',
  RcvbufErrors: 'Datagrams dropped because the receive buffer was full',
  SndbufErrors: 'Datagrams not sent because the send buffer was full',
  InCsumErrors: 'Datagrams with a bad checksum',
  MemErrors: 'Datagrams dropped because UDP was out of memory (udp_mem)',
} as const

/** /proc/net/snmp6. */
export const SNMP6 = {
  Ip6InHdrErrors: 'Received packets with a bad IPv6 header',
  Ip6InNoRoutes: 'Received packets without a route',
  Ip6InDiscards: 'Received packets dropped for want of memory',
  Ip6OutDiscards: 'Outgoing packets dropped for want of memory or by a full queue',
  Ip6OutNoRoutes: 'Outgoing packets without a route',
  Ip6ReasmFails: 'Packets whose fragments did not come together',
  Ip6FragFails: 'Packets too large for the next link',
  Udp6InErrors: 'Datagrams that could not be delivered, for whatever reason',
  Udp6RcvbufErrors: 'Datagrams dropped because the receive buffer was full',
  Udp6SndbufErrors: 'Datagrams not sent because the send buffer was full',
} as const

type Rates<Prefix extends string, Helps> = {
  readonly [Name in keyof Helps & string as `${Prefix}${Name}PerSecond`]: SignalDefinition
}

/** A signal for each counter of a table: its rate. */
export function ratesOf<Prefix extends string, Helps extends object>(
  prefix: Prefix,
  helps: Helps,
): Rates<Prefix, Helps> {
  const entries = Object.entries(helps).map(([name, help]) => [
    `${prefix}${name}PerSecond`,
    { unit: 'perSecond', subject: 'Node', worse: 'up', help: `${help} (${name})` },
  ])
  return Object.fromEntries(entries) as Rates<Prefix, Helps>
}
