import type { Interface, NetworkDevice } from '../../collectors/netdev.ts'
import { parseProtocols } from '../../collectors/snmp.ts'
import { parseSoftnet } from '../../collectors/softnet.ts'
import type { SysctlName } from '../../collectors/sysctls.ts'

/** Readings of the network collectors from what a test cares about; the rest is 0. */

export const protocol = (name: string, counters: Readonly<Record<string, number>>) =>
  parseProtocols(`${name}: ${Object.keys(counters).join(' ')}\n${name}: ${Object.values(counters).join(' ')}\n`)

export const conntrackStat = (counters: Readonly<Record<string, number>>) => ({
  entries: 0,
  total: new Map(Object.entries(counters)),
})

const hex = (value: number) => value.toString(16).padStart(8, '0')

/** One line a CPU: processed, dropped, time_squeeze. */
export const softnet = (...cpus: readonly (readonly [number, number, number])[]) =>
  parseSoftnet(
    cpus.map((columns, cpu) => [...columns.map(hex), ...Array(9).fill('00000000'), hex(cpu)].join(' ')).join('\n'),
  )

type Counters = Partial<Omit<Interface, 'name' | 'device'>> & Partial<NetworkDevice>

export function nic(name: string, counters: Counters): Interface {
  const { operstate = 'up', carrier = true, mtu = 1500, rx_missed_errors = 0, backup = false, ...traffic } = counters
  return { ...soft(name), ...traffic, device: { operstate, carrier, mtu, rx_missed_errors, backup } }
}

/** A veth, bridge or tunnel. */
export const soft = (name: string): Interface => ({
  name,
  rx_bytes: 0,
  rx_packets: 0,
  rx_errors: 0,
  rx_drop: 0,
  rx_fifo_errors: 0,
  tx_bytes: 0,
  tx_packets: 0,
  tx_errors: 0,
  tx_dropped: 0,
  tx_carrier_errors: 0,
  device: null,
})

export const sysctls = (
  values: Partial<Record<SysctlName, readonly number[]>>,
  rpFilter: Readonly<Record<string, number>> = {},
) => ({
  values: new Map(Object.entries(values) as [SysctlName, readonly number[]][]),
  rpFilter: new Map(Object.entries(rpFilter)),
  reservedPorts: null,
})
