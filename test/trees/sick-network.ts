import { times } from './machine.ts'
import type { Expected, Scenario } from './scenario.ts'

/** A finding of the node that a rate from 60 s to 180 s makes: known an interval later, over an interval later. */
const found = (id: string, reason: string, severity: Expected['severity'] = 'warning'): Expected[] => [
  { id, reason, severity, from: 70, to: 190 },
]

export const sickNetwork: readonly Scenario[] = [
  {
    name: 'the conntrack table is full',
    seconds: 360,
    frame(machine, when) {
      machine.conntrack(when.within(120, 240) ? 256_000 : when.within(60, 120) ? 240_000 : 150_000)
      machine.conntrackStat(times({ drop: 50, early_drop: 20 }, when.spent(120, 240)))
    },
    expect: [
      { id: 'ConntrackPressure', reason: 'ConntrackTableFilling', severity: 'critical', from: 60, to: 240 },
      { id: 'ConntrackDrops', reason: 'ConntrackTableFull', severity: 'warning', from: 130, to: 250 },
    ],
  },
  {
    name: 'conntrack insert_failed 20/s',
    seconds: 540,
    everySeconds: 20,
    frame: (machine, when) => machine.conntrackStat({ insert_failed: 20 * when.spent(60, 440) }),
    expect: [{ id: 'ConntrackInsertFailed', reason: 'ConntrackInsertFailed', severity: 'info', from: 80, to: 460 }],
  },
  {
    name: 'an accept queue overflows',
    seconds: 300,
    frame: (machine, when) => machine.netstat(times({ ListenOverflows: 5, ListenDrops: 5 }, when.spent(60, 180))),
    expect: found('ListenOverflow', 'AcceptQueueFull'),
  },
  {
    name: 'a SYN queue is full',
    seconds: 300,
    frame: (machine, when) => machine.netstat(times({ TCPReqQFullDrop: 5, ListenDrops: 5 }, when.spent(60, 180))),
    expect: found('SYNDrops', 'SYNQueueFull'),
  },
  {
    name: 'cookies answer for a full SYN queue',
    seconds: 300,
    frame: (machine, when) => machine.netstat(times({ TCPReqQFullDoCookies: 500 }, when.spent(60, 180))),
    expect: found('SYNDrops', 'SYNCookiesSent', 'info'),
  },
  {
    name: 'receive buffers of TCP are full',
    seconds: 300,
    frame: (machine, when) => machine.netstat(times({ TCPRcvQDrop: 20, PruneCalled: 30 }, when.spent(60, 180))),
    expect: found('TCPBufferPressure', 'TCPBufferDrops'),
  },
  {
    name: 'a UDP receiver does not read',
    seconds: 300,
    frame: (machine, when) => machine.snmp('Udp', times({ InErrors: 50, RcvbufErrors: 50 }, when.spent(60, 180))),
    expect: found('UDPBufferErrors', 'UDPBufferErrors'),
  },
  {
    name: 'a CPU drops received packets',
    seconds: 300,
    frame: (machine, when) => machine.softnet(2, times({ dropped: 100, timeSqueeze: 30 }, when.spent(60, 180))),
    expect: found('SoftnetDrops', 'SoftnetBacklogFull'),
  },
  {
    name: 'a network device receives damaged packets',
    seconds: 300,
    frame(machine, when) {
      machine.interfaces({ eth0: times({ rxPackets: 20_000 }, when.second) })
      machine.interfaces({ eth0: times({ rxErrors: 150 }, when.spent(60, 180)) })
    },
    expect: [
      {
        id: 'InterfaceErrors/eth0',
        reason: 'InterfaceErrors',
        severity: 'warning',
        subject: 'Interface eth0 (node)',
        from: 70,
        to: 190,
      },
    ],
  },
  {
    name: 'a network device loses one packet in twelve',
    seconds: 900,
    everySeconds: 30,
    frame: (machine, when) => machine.missed('eth0', 90 * when.spent(60, 180)),
    // The share is of ten minutes, so it begins and ends later than the fault.
    expect: [
      {
        id: 'InterfaceDrops/eth0',
        reason: 'InterfaceMissesPackets',
        severity: 'warning',
        subject: 'Interface eth0 (node)',
        from: 150,
        to: 750,
      },
    ],
  },
  {
    name: 'strict reverse path filtering drops packets',
    seconds: 300,
    frame(machine, when) {
      machine.put('proc/sys/net/ipv4/conf/eth0/rp_filter', '1\n')
      machine.netstat(times({ IPReversePathFilter: 5 }, when.spent(60, 180)))
    },
    expect: found('ReversePathFilterStrict', 'ReversePathFilterDrops', 'info'),
  },
  {
    name: 'the node stops forwarding packets',
    seconds: 300,
    frame(machine, when) {
      if (when.within(60, 180)) machine.put('proc/sys/net/ipv4/ip_forward', '0\n')
    },
    expect: [{ id: 'IPForwardDisabled', reason: 'IPForwardDisabled', severity: 'info', from: 60, to: 180 }],
  },
]
