import { perSecond } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const synDrops: Rule = {
  id: 'SYNDrops',
  kind: 'finding',
  severity: 'warning',
  summary: "The SYN queue of one of the node's listeners is full.",
  subject: 'Node',
  needs: ['netstat'],
  triggers: [
    {
      name: 'level',
      signal: 'tcp.synQueueFullPerSecond',
      unit: 'perSecond',
      direction: 'above',
      raise: 1,
      reason: 'SYNQueueFull',
      also: 'info, with reason SYNCookiesSent, while cookies answer instead of drops',
      observe,
    },
  ],
  remedy:
    'Look for a flood (`ss -nt state syn-recv`) and turn net.ipv4.tcp_syncookies on; else raise the backlog of the listener and net.core.somaxconn, and restart the listener.',
}

function observe({ signals, facts }: View, levels: Levels): Observation[] | null {
  const full = signals.get('tcp.synQueueFullPerSecond')
  if (full === undefined) return null
  const drops = signals.get('netstat.TCPReqQFullDropPerSecond') ?? 0
  const cookies = drops < full / 2
  const setting = (name: 'net/ipv4/tcp_max_syn_backlog' | 'net/ipv4/tcp_syncookies') =>
    facts.settings?.values.get(name)?.[0]
  return [
    {
      subject: theNode,
      stance: stanceOf(full, 'above', levels),
      words: () => ({
        badness: full,
        ...(cookies ? { reason: 'SYNCookiesSent', atMost: 'info' as const } : {}),
        message: `SYNs to the node itself are ${cookies ? 'answered with cookies' : 'dropped'} at ${perSecond(full)} because a listener's SYN queue is full`,
        evidence: evidence({
          TCPReqQFullDropPerSecond: signals.get('netstat.TCPReqQFullDropPerSecond'),
          TCPReqQFullDoCookiesPerSecond: signals.get('netstat.TCPReqQFullDoCookiesPerSecond'),
          tcpMaxSynBacklog: setting('net/ipv4/tcp_max_syn_backlog'),
          tcpSyncookies: setting('net/ipv4/tcp_syncookies'),
        }),
      }),
    },
  ]
}
