import t from 'tap'
import { parseSockstat } from '../../collectors/sockstat.ts'
import { conntrackStat, nic, protocol, soft, softnet, sysctls } from './network.ts'
import { last, play, type Readings, sampleAt } from './samples.ts'

const derived = (...readings: Readings[]) => {
  const outcomes = play(readings.map((each, index) => sampleAt(index * 10, each)))
  return last(outcomes).signals
}

t.test('conntrack: how full, and what it drops', async t => {
  const signals = derived(
    { conntrackstat: conntrackStat({ insert_failed: 5, drop: 10, early_drop: 1, invalid: 0, search_restart: 7 }) },
    {
      conntrack: { count: 1000, max: 4000 },
      conntrackstat: conntrackStat({ insert_failed: 105, drop: 30, early_drop: 41, invalid: 10, search_restart: 7 }),
    },
  )
  t.equal(signals.get('conntrack.entries'), 1000)
  t.equal(signals.get('conntrack.usedRatio'), 0.25)
  t.equal(signals.get('conntrack.insertFailedPerSecond'), 10)
  t.equal(signals.get('conntrack.dropPerSecond'), 2)
  t.equal(signals.get('conntrack.earlyDropPerSecond'), 4)
  t.equal(signals.get('conntrack.droppedPerSecond'), 6)
  t.equal(signals.get('conntrack.invalidPerSecond'), 1)
  t.equal(signals.get('conntrack.searchRestartPerSecond'), 0)

  const unlimited = derived({ conntrack: { count: 1000, max: 0 } })
  t.equal(unlimited.get('conntrack.usedRatio'), undefined, 'no limit, no ratio')
  const first = derived({ conntrackstat: conntrackStat({ drop: 10 }) })
  t.equal(first.get('conntrack.dropPerSecond'), undefined, 'first sample')
  const reset = derived({ conntrackstat: conntrackStat({ drop: 10 }) }, { conntrackstat: conntrackStat({ drop: 3 }) })
  t.equal(reset.get('conntrack.dropPerSecond'), undefined, 'counter began again')
  t.equal(reset.get('conntrack.droppedPerSecond'), undefined)
  const lost = derived({ conntrackstat: conntrackStat({ drop: 10 }) }, { conntrackstat: 'Io' })
  t.equal(lost.get('conntrack.dropPerSecond'), undefined, 'failed reading')
})

t.test('protocols: rates by the names of the kernel', async t => {
  const signals = derived(
    {
      netstat: protocol('TcpExt', { ListenOverflows: 1, TCPReqQFullDrop: 0, TCPReqQFullDoCookies: 5, RcvPruned: 0 }),
      snmp: protocol('Udp', { RcvbufErrors: 100, SndbufErrors: 0 }),
      snmp6: new Map([['Udp6RcvbufErrors', 10]]),
    },
    {
      netstat: protocol('TcpExt', {
        ListenOverflows: 21,
        TCPReqQFullDrop: 10,
        TCPReqQFullDoCookies: 15,
        RcvPruned: 30,
      }),
      snmp: protocol('Udp', { RcvbufErrors: 200, SndbufErrors: 10 }),
      snmp6: new Map([['Udp6RcvbufErrors', 60]]),
    },
  )
  t.equal(signals.get('netstat.ListenOverflowsPerSecond'), 2)
  t.equal(signals.get('netstat.TCPRcvQDropPerSecond'), undefined, 'this kernel does not count it')
  t.equal(signals.get('tcp.synQueueFullPerSecond'), 2)
  t.equal(signals.get('tcp.bufferDropsPerSecond'), 3)
  t.equal(signals.get('snmp.UdpRcvbufErrorsPerSecond'), 10)
  t.equal(signals.get('snmp6.Udp6RcvbufErrorsPerSecond'), 5)
  t.equal(signals.get('udp.bufferErrorsPerSecond'), 16, 'IPv4 and IPv6, both directions')
  t.equal(signals.get('tcp.retransmitRatio'), undefined)
})

t.test('protocols: no value on first sample, reset and failure', async t => {
  const at = (RcvbufErrors: number): Readings => ({ snmp: protocol('Udp', { RcvbufErrors }) })
  t.equal(derived(at(5)).get('snmp.UdpRcvbufErrorsPerSecond'), undefined)
  t.equal(derived(at(5)).get('udp.bufferErrorsPerSecond'), undefined)
  t.equal(derived(at(5), at(4)).get('udp.bufferErrorsPerSecond'), undefined)
  t.equal(derived(at(5), { snmp: 'Malformed' }, at(9)).get('udp.bufferErrorsPerSecond'), undefined)
  t.equal(derived(at(5), at(5)).get('udp.bufferErrorsPerSecond'), 0, 'IPv6 off')
})

t.test('TCP: retransmissions, sockets, memory', async t => {
  const tcp = (RetransSegs: number, OutSegs: number): Readings => ({ snmp: protocol('Tcp', { RetransSegs, OutSegs }) })
  t.equal(derived(tcp(0, 0), tcp(5, 95)).get('tcp.retransmitRatio'), 0.05)
  t.equal(derived(tcp(0, 0), tcp(0, 0)).get('tcp.retransmitRatio'), undefined, 'nothing sent')

  const sockstat = parseSockstat('sockets: used 21\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 500\nUDP: inuse 0 mem 10\n')
  const limits = sysctls({ 'net/ipv4/tcp_mem': [100, 800, 1000], 'net/ipv4/udp_mem': [10, 20, 40] })
  const signals = derived({ sockstat, sysctls: limits })
  t.equal(signals.get('sockets.used'), 21)
  t.equal(signals.get('tcp.inUse'), 1)
  t.equal(signals.get('tcp.orphans'), 2)
  t.equal(signals.get('tcp.timeWait'), 3)
  t.equal(signals.get('tcp.memoryPages'), 500)
  t.equal(signals.get('tcp.memoryRatio'), 0.5)
  t.equal(signals.get('udp.memoryRatio'), 0.25)
  t.equal(derived({ sockstat }).get('tcp.memoryRatio'), undefined, 'limits unknown')
})

t.test('softnet: all CPUs, and those with something to tell', async t => {
  const signals = derived(
    { softnet: softnet([1000, 0, 0], [1000, 5, 1]) },
    { softnet: softnet([2000, 0, 0], [1500, 25, 11]) },
  )
  t.equal(signals.get('softnet.processedPerSecond'), 150)
  t.equal(signals.get('softnet.droppedPerSecond'), 2)
  t.equal(signals.get('softnet.timeSqueezePerSecond'), 1)
  t.equal(signals.get('softnet.droppedRatio'), 20 / 1500)
  t.equal(signals.get('softnet.cpuDroppedPerSecond', '0'), undefined)
  t.equal(signals.get('softnet.cpuDroppedPerSecond', '1'), 2)
  t.equal(signals.get('softnet.cpuProcessedPerSecond', '1'), 50)
  t.equal(signals.get('softnet.cpuTimeSqueezePerSecond', '1'), 1)

  t.equal(derived({ softnet: softnet([1000, 0, 0]) }).get('softnet.droppedPerSecond'), undefined)
  const wrapped = derived(
    { softnet: softnet([0xffffffff, 0, 0], [0, 0, 0]) },
    { softnet: softnet([20, 0, 0], [100, 10, 0]) },
  )
  t.equal(wrapped.get('softnet.processedPerSecond'), 10, 'without the CPU whose counter wrapped')
  t.equal(wrapped.get('softnet.droppedPerSecond'), 1)
  const hotplug = derived({ softnet: softnet([0, 0, 0]) }, { softnet: softnet([10, 0, 0], [5000, 7, 0]) })
  t.equal(hotplug.get('softnet.processedPerSecond'), 1, 'without the CPU that came online')
})

t.test('interfaces: real devices alone', async t => {
  const signals = derived(
    { netdev: [nic('eth0', { rx_bytes: 1000, rx_fifo_errors: 1, rx_missed_errors: 2 }), soft('veth1')] },
    {
      netdev: [
        nic('eth0', {
          rx_bytes: 3000,
          rx_packets: 100,
          tx_bytes: 50,
          tx_packets: 20,
          rx_fifo_errors: 11,
          rx_missed_errors: 32,
          rx_drop: 60,
          rx_errors: 10,
          tx_errors: 20,
          tx_dropped: 30,
          mtu: 9000,
        }),
        soft('veth1'),
      ],
    },
  )
  t.equal(signals.get('interface.rxBytesPerSecond', 'eth0'), 200)
  t.equal(signals.get('interface.txBytesPerSecond', 'eth0'), 5)
  t.equal(signals.get('interface.rxPacketsPerSecond', 'eth0'), 10)
  t.equal(signals.get('interface.txPacketsPerSecond', 'eth0'), 2)
  t.equal(signals.get('interface.rxMissedPerSecond', 'eth0'), 4)
  t.equal(signals.get('interface.rxDroppedPerSecond', 'eth0'), 6)
  t.equal(signals.get('interface.txDroppedPerSecond', 'eth0'), 3)
  t.equal(signals.get('interface.rxErrorsPerSecond', 'eth0'), 1)
  t.equal(signals.get('interface.txErrorsPerSecond', 'eth0'), 2)
  t.equal(signals.get('interface.errorsPerSecond', 'eth0'), 3)
  t.equal(signals.get('interface.mtuBytes', 'eth0'), 9000)
  t.equal(signals.get('interface.missedRatio', 'eth0'), undefined, 'too few packets for a share')
  t.equal(signals.get('interface.rxBytesPerSecond', 'veth1'), undefined)
})

t.test('interfaces: another device under the name, sysfs that comes later, one that came', async t => {
  const at = (entry: ReturnType<typeof nic>): Readings => ({ netdev: [entry] })
  const again = derived(at(nic('eth0', { rx_packets: 100 })), at(nic('eth0', { rx_packets: 5 })))
  t.equal(again.get('interface.rxPacketsPerSecond', 'eth0'), undefined)
  t.equal(again.get('interface.errorsPerSecond', 'eth0'), undefined)
  const later = derived(at(nic('eth0', { rx_missed_errors: null })), at(nic('eth0', { rx_missed_errors: 1e6 })))
  t.equal(later.get('interface.rxMissedPerSecond', 'eth0'), undefined, 'no million at once')
  const came = derived(at(nic('eth0', {})), { netdev: [nic('eth0', {}), nic('eth1', { rx_packets: 7 })] })
  t.equal(came.get('interface.rxPacketsPerSecond', 'eth1'), undefined)
})

t.test('interfaces: the share is of the last 10 min', async t => {
  const at = (missed: number, packets: number): Readings => ({
    netdev: [nic('eth0', { rx_missed_errors: missed, rx_packets: packets })],
  })
  const burst = [at(0, 0), at(1000, 19_000)]
  const quiet = Array.from({ length: 61 }, () => at(1000, 19_000))
  t.equal(derived(...burst).get('interface.missedRatio', 'eth0'), 0.05)
  t.equal(derived(...burst, ...quiet.slice(1)).get('interface.missedRatio', 'eth0'), 0.05)
  t.equal(derived(...burst, ...quiet).get('interface.missedRatio', 'eth0'), undefined, 'out of the window')
})

t.test('forwarding: the sysctl, or what snmp of pid 1 says of it', async t => {
  const snmp = (Forwarding: number) => protocol('Ip', { Forwarding })
  t.equal(derived({ sysctls: sysctls({ 'net/ipv4/ip_forward': [0] }) }).get('settings.ipForward'), 0)
  t.equal(derived({ sysctls: sysctls({}), snmp: snmp(2) }).get('settings.ipForward'), 0)
  t.equal(derived({ snmp: snmp(1) }).get('settings.ipForward'), 1)
  t.equal(derived({}).get('settings.ipForward'), undefined)
})
