import t from 'tap'
import { parseSockstat } from '../../collectors/sockstat.ts'
import { conntrackStat, nic, protocol, soft, softnet, sysctls } from './network.ts'
import { everHeld, last, play, type Readings, samples, span } from './samples.ts'

/** Judged by one rule over readings at each second; problems as `id severity`. */
const judged = (rule: string, seconds: number, at: (second: number) => Readings) => play(samples(seconds, at), [rule])
const held = (rule: string, seconds: number, at: (second: number) => Readings) => everHeld(judged(rule, seconds, at))
const messageOf = (outcomes: ReturnType<typeof judged>) => last(outcomes).judgement.problems[0]?.message
const reasonOf = (outcomes: ReturnType<typeof judged>) => last(outcomes).judgement.problems[0]?.reason

t.test('ConntrackPressure', async t => {
  const full = (count: number) => (): Readings => ({ conntrack: { count, max: 1000 } })
  t.same(held('ConntrackPressure', 600, full(799)), [])
  t.same(held('ConntrackPressure', 600, full(800)), ['ConntrackPressure warning'])
  t.same(held('ConntrackPressure', 600, full(950)), ['ConntrackPressure critical'])
  t.equal(
    messageOf(judged('ConntrackPressure', 60, full(930))),
    '930 connections are tracked, 93 % of the 1000 that nf_conntrack_max allows',
  )
  t.same(
    held('ConntrackPressure', 600, () => ({ conntrack: { count: 5000, max: 0 } })),
    [],
    'no limit',
  )

  const through = judged('ConntrackPressure', 600, second => full(second < 100 || second > 300 ? 740 : 810)())
  t.same(span(through, 'ConntrackPressure'), [130, 360], '30 s to begin, 1 min below 75 % to end')
  const between = judged('ConntrackPressure', 600, second => full(second < 300 ? 810 : 760)())
  t.same(span(between, 'ConntrackPressure'), [30, 600], 'between 75 and 80 % it stays')
})

t.test('ConntrackPressure without the module, and from the wrong namespace', async t => {
  const outcome = (readings: Readings) => last(judged('ConntrackPressure', 30, () => readings)).findings[0]!
  t.match(outcome({}), { outcome: 'notApplicable' })
  t.match(outcome({ conntrack: 'Denied' }), { outcome: 'unknown' })
})

t.test('ConntrackDrops and ConntrackInsertFailed', async t => {
  const drops = (perSecond: number) => (second: number) => ({
    conntrackstat: conntrackStat({ drop: perSecond * second, early_drop: 0, insert_failed: perSecond * second }),
  })
  t.same(held('ConntrackDrops', 300, drops(0.9)), [])
  t.same(held('ConntrackDrops', 60, drops(1.1)), [], 'not for a minute yet: the first rate is of 10 s')
  t.same(held('ConntrackDrops', 70, drops(1.1)), ['ConntrackDrops warning'])
  t.same(held('ConntrackInsertFailed', 600, drops(9)), [], 'everyday')
  t.same(held('ConntrackInsertFailed', 300, drops(11)), [])
  t.same(held('ConntrackInsertFailed', 310, drops(11)), ['ConntrackInsertFailed info'])
})

t.test('ListenOverflow', async t => {
  const overflows = (perSecond: number) => (second: number) => ({
    netstat: protocol('TcpExt', { ListenOverflows: perSecond * second, ListenDrops: perSecond * second }),
    sysctls: sysctls({ 'net/core/somaxconn': [4096] }),
  })
  t.same(held('ListenOverflow', 300, overflows(0.9)), [])
  const outcomes = judged('ListenOverflow', 300, overflows(12))
  t.same(everHeld(outcomes), ['ListenOverflow warning'])
  t.match(messageOf(outcomes), /^connections to the node itself are dropped at 12\/s because a listener's accept queue/)
  t.match(last(outcomes).judgement.problems[0]?.evidence, { ListenOverflowsPerSecond: 12, somaxconn: 4096 })
  const one = judged('ListenOverflow', 300, second => overflows(1)(second < 50 ? 0 : 1000))
  t.same(everHeld(one), [], 'one burst is not a minute')
})

t.test('SYNDrops: cookies save the connections', async t => {
  const queue = (drops: number, cookies: number) => (second: number) => ({
    netstat: protocol('TcpExt', { TCPReqQFullDrop: drops * second, TCPReqQFullDoCookies: cookies * second }),
  })
  t.same(held('SYNDrops', 300, queue(0, 0)), [])
  t.same(held('SYNDrops', 300, queue(2, 0)), ['SYNDrops warning'])
  const cookies = judged('SYNDrops', 300, queue(0, 50))
  t.same(everHeld(cookies), ['SYNDrops info'])
  t.equal(reasonOf(cookies), 'SYNCookiesSent')
})

t.test('TCPBufferPressure by drops and by memory', async t => {
  const sockstat = (mem: number) => parseSockstat(`TCP: inuse 1 orphan 0 tw 0 alloc 1 mem ${mem}\n`)
  const at = (drops: number, mem: number) => (second: number) => ({
    netstat: protocol('TcpExt', { RcvPruned: drops * second, PruneCalled: 1000 * second }),
    sockstat: sockstat(mem),
    sysctls: sysctls({ 'net/ipv4/tcp_mem': [10, 50, 100] }),
  })
  t.same(held('TCPBufferPressure', 300, at(9, 10)), [], 'pruned queues alone lose nothing')
  const drops = judged('TCPBufferPressure', 300, at(20, 10))
  t.same(everHeld(drops), ['TCPBufferPressure warning'])
  t.equal(reasonOf(drops), 'TCPBufferDrops')
  const memory = judged('TCPBufferPressure', 300, at(0, 85))
  t.equal(messageOf(memory), 'TCP buffers take 85 % of the memory that net.ipv4.tcp_mem allows them')
  t.equal(reasonOf(memory), 'TCPMemoryLow')
})

t.test('UDPBufferErrors', async t => {
  const errors = (v4: number, v6: number) => (second: number) => ({
    snmp: protocol('Udp', { RcvbufErrors: v4 * second, SndbufErrors: 0 }),
    snmp6: new Map([['Udp6RcvbufErrors', v6 * second]]),
  })
  t.same(held('UDPBufferErrors', 300, errors(5, 4)), [])
  t.same(held('UDPBufferErrors', 300, errors(6, 6)), ['UDPBufferErrors warning'])
  const through = judged('UDPBufferErrors', 400, second => errors(100, 0)(Math.min(second, 150)))
  t.same(span(through, 'UDPBufferErrors'), [70, 210], 'ends a minute after the last error')
})

t.test('SoftnetDrops only where they are more than one in ten thousand', async t => {
  const at = (processed: number, dropped: number) => (second: number) => ({
    softnet: softnet([processed * second, 0, 0], [0, dropped * second, 0]),
  })
  t.same(held('SoftnetDrops', 300, at(1000, 9)), [])
  t.same(held('SoftnetDrops', 300, at(1_000_000, 50)), [], '0.005 %')
  const outcomes = judged('SoftnetDrops', 300, at(1000, 50))
  t.same(everHeld(outcomes), ['SoftnetDrops warning'])
  t.equal(messageOf(outcomes), 'received packets are dropped at 50/s (5 % of those processed), most of them by CPU 1')
})

t.test('InterfaceDrops: what the device missed, not what was dropped by design', async t => {
  const at = (counters: (second: number) => Parameters<typeof nic>[1]) => (second: number) => ({
    netdev: [nic('eth0', { rx_packets: 100 * second, ...counters(second) }), soft('veth1')],
  })
  const share = at(second => ({ rx_missed_errors: 3 * second }))
  t.same(held('InterfaceDrops', 90, share), [], 'fewer than 10 000 packets')
  const outcomes = judged('InterfaceDrops', 300, share)
  t.same(everHeld(outcomes), ['InterfaceDrops/eth0 warning'])
  t.match(messageOf(outcomes), /^eth0 lost 2\.9 % of the packets/)
  t.same(
    held(
      'InterfaceDrops',
      900,
      at(second => ({ rx_missed_errors: second })),
    ),
    [],
    '1 %',
  )
  t.same(
    held(
      'InterfaceDrops',
      900,
      at(second => ({ rx_drop: 500 * second, tx_dropped: 50 * second })),
    ),
    [],
    'unknown protocols',
  )
  t.same(
    held(
      'InterfaceDrops',
      900,
      at(second => ({ rx_missed_errors: 500 * second, backup: true })),
    ),
    [],
    'bond backup',
  )
  const fast = at(second => ({ rx_packets: 1e6 * second, rx_fifo_errors: 150 * second }))
  t.same(held('InterfaceDrops', 70, fast), ['InterfaceDrops/eth0 warning'], 'by rate')
  const burst = at(second => ({ rx_missed_errors: second < 200 ? 0 : second < 210 ? 5000 : 9000 }))
  t.same(held('InterfaceDrops', 900, burst), [], 'one burst over the end of an interval')
  t.same(
    held('InterfaceDrops', 900, () => ({ netdev: [soft('lo')] })),
    [],
    'no device at all',
  )
})

t.test('InterfaceErrors', async t => {
  const at = (rx_errors: number, tx_errors: number) => (second: number) => ({
    netdev: [
      nic('eth0', {
        rx_packets: 100 * second,
        tx_packets: 100 * second,
        rx_errors: rx_errors * second,
        tx_errors: tx_errors * second,
      }),
    ],
  })
  t.same(held('InterfaceErrors', 900, at(1, 1)), [])
  t.same(held('InterfaceErrors', 900, at(3, 2)), ['InterfaceErrors/eth0 warning'])
  t.same(held('InterfaceErrors', 70, at(0, 120)), ['InterfaceErrors/eth0 warning'], 'by rate')
})

t.test('ReversePathFilterStrict only while it drops, and only where it is strict', async t => {
  const at = (perSecond: number, rpFilter: Record<string, number>) => (second: number) => ({
    netstat: protocol('TcpExt', { IPReversePathFilter: Math.floor(perSecond * second) }),
    sysctls: sysctls({}, rpFilter),
  })
  const strict = { all: 0, default: 1, lo: 0, eth0: 1, eth1: 2 }
  t.same(held('ReversePathFilterStrict', 300, at(0, strict)), [], 'a distribution default')
  t.same(held('ReversePathFilterStrict', 300, at(1, { all: 2, eth0: 1 })), [], 'all = 2 makes every interface loose')
  t.same(held('ReversePathFilterStrict', 300, at(1, { all: 0, eth0: 0 })), [])
  const outcomes = judged('ReversePathFilterStrict', 300, at(1, strict))
  t.same(everHeld(outcomes), ['ReversePathFilterStrict info'])
  t.match(messageOf(outcomes), /rp_filter = 1 on default, eth0\) drops packets at 1\/s/)
  t.same(held('ReversePathFilterStrict', 300, at(1, { all: 1, lo: 0 })), ['ReversePathFilterStrict info'])
})

t.test('IPForwardDisabled only where there are pods to forward to', async t => {
  const at =
    (ipForward: number, ...names: string[]) =>
    (): Readings => ({
      netdev: [nic('eth0', {}), ...names.map(soft)],
      sysctls: sysctls({ 'net/ipv4/ip_forward': [ipForward] }),
    })
  t.same(held('IPForwardDisabled', 300, at(0, 'lo', 'veth1')), [], 'a bare machine')
  t.same(held('IPForwardDisabled', 300, at(1, 'lo', 'cni0')), [])
  for (const name of ['cni0', 'cali1234abcd', 'cilium_host', 'flannel.1', 'kube-ipvs0', 'vxlan.calico'])
    t.same(held('IPForwardDisabled', 300, at(0, name)), ['IPForwardDisabled info'], name)
  t.same(held('IPForwardDisabled', 300, at(0, 'docker0')), [], 'docker0 without a container')
  t.same(held('IPForwardDisabled', 300, at(0, 'docker0', 'veth1')), ['IPForwardDisabled info'])
  const back = judged('IPForwardDisabled', 400, second => at(second < 200 ? 0 : 1, 'cni0')())
  t.same(span(back, 'IPForwardDisabled'), [60, 250])
})
