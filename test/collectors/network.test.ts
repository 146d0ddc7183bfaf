import t from 'tap'
import { conntrack, parseConntrackNumber } from '../../collectors/conntrack.ts'
import { parseConntrackStat } from '../../collectors/conntrackstat.ts'
import { netdev, parseNetdev } from '../../collectors/netdev.ts'
import { fault } from '../../collectors/reading.ts'
import { parseProtocols } from '../../collectors/snmp.ts'
import { parseSnmp6 } from '../../collectors/snmp6.ts'
import { parseSockstat } from '../../collectors/sockstat.ts'
import { parseSoftnet } from '../../collectors/softnet.ts'
import { parseSysctl, sysctls } from '../../collectors/sysctls.ts'
import { textHost } from './texthost.ts'
import { totalParser } from './total.ts'

const PLACES = { kubeletRoots: [], runtimeRoots: [], dockerRoots: [], podLogRoots: [] }

const STAT_3_10 = `entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
000000c8  00000010 000000ff 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008 00000009 0000000a  00000000 00000000 00000000 0000000b
000000c8  00000010 000000ff 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008 00000009 0000000a  00000000 00000000 00000000 ffffffff
`
const STAT_6_18 = `entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
0000002a  00000001 00000002 00000000 00000003 00000004 00000000 00000005 00000000 00000006 00000007 00000008 00000009  00000000 00000000 00000000 0000000a
`

t.test('conntrack statistics go by the names of the kernel at hand; entries is no sum', async t => {
  const old = parseConntrackStat(STAT_3_10)
  t.equal(old.entries, 200)
  t.equal(old.total.get('searched'), 32)
  t.equal(old.total.get('insert_failed'), 14)
  t.equal(old.total.get('drop'), 16)
  t.equal(old.total.get('early_drop'), 18)
  t.equal(old.total.get('search_restart'), 0xffffffff + 11)
  t.notOk(old.total.has('entries'))
  const recent = parseConntrackStat(STAT_6_18)
  t.equal(recent.entries, 42)
  t.equal(recent.total.get('clashres'), 1)
  t.equal(recent.total.get('insert_failed'), 6)
  t.equal(recent.total.has('searched'), false)
})

t.test('damaged conntrack statistics', async t => {
  t.throws(() => parseConntrackStat(''), /the file is empty/)
  t.throws(() => parseConntrackStat('0000 0000\n0000 0000\n'), /no line of names that begins with "entries"/)
  t.throws(() => parseConntrackStat('entries drop\n'), /no line of a CPU/)
  t.throws(() => parseConntrackStat('entries drop\n00000001\n'), /1 columns instead of 2/)
  t.throws(() => parseConntrackStat('entries drop\n00000001 00x\n'), /drop is "00x", not a hexadecimal counter/)
  totalParser(t, parseConntrackStat, STAT_6_18)
})

t.test('conntrack counts entries of the node, or says that it sees another namespace', async t => {
  const files = {
    '/proc/sys/net/netfilter/nf_conntrack_count': '1487\n',
    '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
  }
  const links = { '/proc/self/ns/net': 'net:[4026532008]', '/proc/1/ns/net': 'net:[4026532008]' }
  const read = { ok: true, value: { count: 1487, max: 262144 } }
  t.same(conntrack.collect(textHost({ files }), PLACES), read, 'without links nobody can tell')
  t.same(conntrack.collect(textHost({ files, links }), PLACES), read)
  const foreign = textHost({ files, links: { ...links, '/proc/self/ns/net': 'net:[4026532999]' } })
  t.match(conntrack.collect(foreign, PLACES), {
    ok: false,
    fault: { code: 'Denied', detail: /hostNetwork is missing/ },
  })
  t.match(conntrack.collect(textHost({}), PLACES), { ok: false, fault: { code: 'Absent' } }, 'no module')
  t.throws(() => parseConntrackNumber('-1\n'), /is "-1", not a counter/)
  totalParser(t, parseConntrackNumber, '262144\n')
})

const SNMP = `Ip: Forwarding DefaultTTL InReceives
Ip: 1 64 34613
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens
Tcp: 1 200 120000 -1 475
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
Udp: 146 0 3755 3908 3755 18446744073709551615
`

t.test('snmp and netstat are pairs of lines, whatever a kernel has of them', async t => {
  const protocols = parseProtocols(SNMP)
  t.same([...protocols.keys()], ['Ip', 'Tcp', 'Udp'])
  t.equal(protocols.get('Tcp')!.get('MaxConn'), -1)
  t.equal(protocols.get('Udp')!.get('RcvbufErrors'), 3755)
  t.equal(protocols.get('Udp')!.get('SndbufErrors'), 2 ** 64)
  t.equal(protocols.get('Udp')!.get('InCsumErrors'), undefined, 'before Linux 3.10')
  t.equal(parseProtocols('TcpExt: ListenOverflows\nTcpExt: 7').get('TcpExt')!.get('ListenOverflows'), 7)
})

t.test('damaged snmp', async t => {
  t.throws(() => parseProtocols(''), /the file is empty/)
  t.throws(() => parseProtocols('Ip: Forwarding\n'), /an odd number of lines/)
  t.throws(() => parseProtocols('Ip: Forwarding\nTcp: 1\n'), /a line of names without one of values/)
  t.throws(() => parseProtocols('Ip: Forwarding DefaultTTL\nIp: 1\n'), /Ip: 2 names and 1 values/)
  t.throws(() => parseProtocols('Ip: Forwarding\nIp: x\n'), /Forwarding is "x", not a counter/)
  totalParser(t, parseProtocols, SNMP)
})

t.test('snmp6', async t => {
  const text = 'Ip6InReceives                   \t12\nUdp6RcvbufErrors                \t3\n'
  t.same(
    [...parseSnmp6(text)],
    [
      ['Ip6InReceives', 12],
      ['Udp6RcvbufErrors', 3],
    ],
  )
  t.throws(() => parseSnmp6('Ip6InReceives\n'), /Ip6InReceives is missing, not a counter/)
  t.throws(() => parseSnmp6('Ip6InReceives 1 2\n'), /3 fields instead of 2/)
  totalParser(t, parseSnmp6, text)
})

const NINE = '000334ae 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000004'
const ELEVEN = `${NINE} 00000005 00000006`
const THIRTEEN = `${ELEVEN} 00000007 00000011`
const FIFTEEN = `${THIRTEEN} 00000003 00000004`

t.test('softnet of four kernel generations', async t => {
  const common = { processed: 0x334ae, dropped: 2, time_squeeze: 3 }
  t.same(parseSoftnet(`${NINE}\n${NINE}\n`), [
    { ...common, cpu: 0, flow_limit_count: 0 },
    { ...common, cpu: 1, flow_limit_count: 0 },
  ])
  t.same(parseSoftnet(`${ELEVEN}\n`), [{ ...common, cpu: 0, flow_limit_count: 6 }])
  t.same(parseSoftnet(`${THIRTEEN}\n`), [{ ...common, cpu: 17, flow_limit_count: 6 }], 'the CPU says who it is')
  t.same(parseSoftnet(`${FIFTEEN}\n`), [{ ...common, cpu: 17, flow_limit_count: 6 }])
  t.throws(() => parseSoftnet(''), /the file is empty/)
  t.throws(() => parseSoftnet('000334ae 00000000\n'), /2 columns instead of 9 to 15/)
  t.throws(() => parseSoftnet(NINE.replace('00000002', '0x2')), /column 2 of line 1 is "0x2"/)
  totalParser(t, parseSoftnet, `${FIFTEEN}\n${FIFTEEN}\n`)
})

t.test('sockstat', async t => {
  const text = 'sockets: used 21\nTCP: inuse 1 orphan 0 tw 2 alloc 3 mem 4\nFRAG: inuse 0 memory 0\n'
  const protocols = parseSockstat(text)
  t.equal(protocols.get('sockets')!.get('used'), 21)
  t.same(Object.fromEntries(protocols.get('TCP')!), { inuse: 1, orphan: 0, tw: 2, alloc: 3, mem: 4 })
  t.throws(() => parseSockstat('TCP: inuse\n'), /not a protocol with pairs/)
  t.throws(() => parseSockstat('TCP: inuse -\n'), /inuse is "-", not a counter/)
  totalParser(t, parseSockstat, text)
})

const HEADINGS = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`
const NETDEV = `${HEADINGS}    lo: 2076549    4498    0    0    0     0          0         0  2076549    4498    0    0    0     0       0          0
  eth0:924457289   30118    1    2    3     4          5         6  2223952   19508    7    8    9    10      11         12
`

t.test('netdev', async t => {
  const eth0 = {
    name: 'eth0',
    rx_bytes: 924457289,
    rx_packets: 30118,
    rx_errors: 1,
    rx_drop: 2,
    rx_fifo_errors: 3,
    tx_bytes: 2223952,
    tx_packets: 19508,
    tx_errors: 7,
    tx_dropped: 8,
    tx_carrier_errors: 11,
  }
  t.same(parseNetdev(NETDEV)[1], eth0)
  t.same(
    parseNetdev(NETDEV).map(({ name }) => name),
    ['lo', 'eth0'],
  )
  t.same(parseNetdev(HEADINGS), [])
  t.throws(() => parseNetdev(''), /the file is empty/)
  t.throws(() => parseNetdev('one\ntwo\n'), /no line of headings/)
  t.throws(() => parseNetdev(`${HEADINGS}eth0: 1 2 3\n`), /3 columns instead of 16/)
  t.throws(() => parseNetdev(NETDEV.replace(' 30118', ' 3x')), /column 2 of eth0 is "3x"/)
  totalParser(t, parseNetdev, NETDEV)
})

t.test('netdev asks sysfs about real devices alone', async t => {
  const files = {
    '/proc/1/net/dev': NETDEV.replace('lo:', 'veth1:'),
    '/sys/class/net/eth0/operstate': 'up\n',
    '/sys/class/net/eth0/carrier': '1\n',
    '/sys/class/net/eth0/mtu': '1500\n',
    '/sys/class/net/eth0/statistics/rx_missed_errors': '9\n',
    '/sys/class/net/eth0/bonding_slave/state': 'backup\n',
  }
  const asked: string[] = []
  const host = textHost({ files, lists: { '/sys/devices/virtual/net': ['lo', 'veth1'] }, asked })
  const reading = netdev.collect(host, PLACES)
  t.match(reading, { ok: true })
  const [veth, eth0] = (reading as { value: { device: unknown }[] }).value
  t.equal(veth!.device, null)
  t.same(eth0!.device, { operstate: 'up', carrier: true, mtu: 1500, rx_missed_errors: 9, backup: true })
  t.notOk(asked.some(path => path.includes('veth1')))

  const bare = netdev.collect(textHost({ files: { '/proc/1/net/dev': NETDEV } }), PLACES)
  const none = { operstate: null, carrier: null, mtu: null, rx_missed_errors: null, backup: false }
  t.match(bare, { value: [{ device: null }, { device: none }] }, 'without sysfs the name tells')
})

t.test('sysctls', async t => {
  const files = {
    '/proc/sys/fs/inotify/max_user_instances': '128\n',
    '/proc/sys/net/ipv4/ip_forward': '0\n',
    '/proc/sys/net/ipv4/tcp_mem': '42933\t57246\t85866\n',
    '/proc/sys/net/ipv4/conf/all/rp_filter': '0\n',
    '/proc/sys/net/ipv4/conf/eth0/rp_filter': '1\n',
    '/proc/sys/net/ipv4/conf/veth1/rp_filter': '1\n',
    '/proc/sys/net/ipv4/ip_local_reserved_ports': '8080,9148-9150\n',
  }
  const lists = { '/proc/sys/net/ipv4/conf': ['all', 'eth0', 'veth1'] }
  const values = [
    ['fs/inotify/max_user_instances', [128]],
    ['net/ipv4/ip_forward', [0]],
    ['net/ipv4/tcp_mem', [42933, 57246, 85866]],
  ]
  const rpFilter = [
    ['all', 0],
    ['eth0', 1],
  ]
  t.same(sysctls.collect(textHost({ files, lists }), PLACES), {
    ok: true,
    value: { values: new Map(values as []), rpFilter: new Map(rpFilter as []), reservedPorts: '8080,9148-9150' },
  })
  const links = { '/proc/self/ns/net': 'net:[2]', '/proc/1/ns/net': 'net:[1]' }
  t.match(sysctls.collect(textHost({ files, lists, links }), PLACES), {
    ok: true,
    value: { values: new Map([['fs/inotify/max_user_instances', [128]]]), reservedPorts: null },
    partial: { code: 'Denied' },
  })
  t.match(sysctls.collect(textHost({}), PLACES), fault('Absent', '/proc/sys has none of them'))
  t.match(sysctls.collect(textHost({ files: { '/proc/sys/net/ipv4/ip_forward': 'yes\n' } }), PLACES), {
    ok: true,
    partial: { code: 'Malformed', detail: /ip_forward: the value is "yes", not a number/ },
  })
  totalParser(t, parseSysctl, '42933\t57246\t85866\n')
})
