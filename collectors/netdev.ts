import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { counter, fields, lines, Malformed, ok, parsed, type Reading } from './reading.ts'

/**
 * `/proc/1/net/dev`: traffic of each network interface of the node's namespace, below two lines of headings.
 *
 *      face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
 *      eth0: 924457289   30118    0    0    0     0          0         0  2223952   19508    0    0    0     0       0          0
 *
 * Counters, since Linux 2.2. `drop` of the receiving side is rx_dropped + rx_missed_errors: packets of unknown protocols
 * and for bonds' backups are in there; only sysfs tells them apart. For real devices `/sys/class/net/<name>/…` says more:
 *
 *     operstate = up    carrier = 1    mtu = 1500    statistics/rx_missed_errors = 0    bonding_slave/state = active
 *
 * All gauges but the statistics. sysfs shows the namespace of whoever mounted it: the pod has to mount the node's `/sys`.
 * Kernel: net/core/net-procfs.c, Documentation/networking/statistics.rst, Documentation/ABI/testing/sysfs-class-net
 */
export interface Interface extends Traffic {
  readonly name: string
  /** Null for interfaces without a device behind them: veth, bridges, tunnels. */
  readonly device: NetworkDevice | null
}

export interface Traffic {
  readonly rx_bytes: number
  readonly rx_packets: number
  readonly rx_errors: number
  /** rx_dropped + rx_missed_errors */
  readonly rx_drop: number
  readonly rx_fifo_errors: number
  readonly tx_bytes: number
  readonly tx_packets: number
  readonly tx_errors: number
  readonly tx_dropped: number
  readonly tx_carrier_errors: number
}

export interface NetworkDevice {
  /** up, down, dormant …; null where sysfs does not tell. */
  readonly operstate: string | null
  /** Null while the interface is administratively down. */
  readonly carrier: boolean | null
  readonly mtu: number | null
  /** Packets lost because no receive buffer was free; null without sysfs. */
  readonly rx_missed_errors: number | null
  /** Member of a bond that waits for another one to fail: what arrives there is dropped by design. */
  readonly backup: boolean
}

const PATH = '/proc/1/net/dev'
const COLUMNS = 16

export function parseNetdev(text: string): ({ readonly name: string } & Traffic)[] {
  const [, headings, ...rows] = lines(text)
  if (headings === undefined || !headings.includes('face |')) throw new Malformed('no line of headings')
  return rows.map(row => {
    // Old kernels print no blank behind the colon.
    const colon = row.indexOf(':')
    const name = row.slice(0, colon).trim()
    const columns = fields(row.slice(colon + 1))
    if (colon === -1 || columns.length !== COLUMNS)
      throw new Malformed(`${columns.length} columns instead of ${COLUMNS}`)
    const at = (index: number): number => counter(columns[index], `column ${index + 1} of ${name}`)
    return {
      name,
      rx_bytes: at(0),
      rx_packets: at(1),
      rx_errors: at(2),
      rx_drop: at(3),
      rx_fifo_errors: at(4),
      tx_bytes: at(8),
      tx_packets: at(9),
      tx_errors: at(10),
      tx_dropped: at(11),
      tx_carrier_errors: at(14),
    }
  })
}

export const netdev = collector({
  name: 'netdev',
  source: `${PATH}, /sys/class/net/<name>/{operstate,carrier,mtu,statistics}`,
  absentWhen: 'the kernel lacks CONFIG_NET',
  collect: (host): Reading<Interface[]> => {
    const interfaces = parsed(PATH, host.read(PATH), parseNetdev)
    if (!interfaces.ok) return interfaces
    const isReal = realDevices(host)
    return ok(
      interfaces.value.map(traffic => ({
        ...traffic,
        device: isReal(traffic.name) ? readDevice(host, traffic.name) : null,
      })),
    )
  },
})

/** Software interfaces by the names that their makers give them, for copies of a machine that lack most of sysfs. */
const SOFTWARE =
  /^(lo$|veth|docker|br-|br\d|virbr|cni|cali|cilium|lxc|flannel|weave|kube-|nodelocaldns|dummy|ifb|tunl|sit|gre|ip6|vxlan|geneve|genev_|wg|tun|tap|vnet|bond|team|vlan|ovs|ovn|antrea|macvlan|ipvlan)/

/** One listing tells hundreds of veths from the few devices that have hardware, paravirtual or not, behind them. */
function realDevices(host: Host): (name: string) => boolean {
  const virtual = host.list('/sys/devices/virtual/net')
  if (!virtual.ok) return name => !SOFTWARE.test(name)
  const names = new Set(virtual.value)
  return name => !names.has(name)
}

function readDevice(host: Host, name: string): NetworkDevice {
  const line = (file: string): string | null => {
    const text = host.read(`/sys/class/net/${name}/${file}`)
    return text.ok ? text.value.trim() : null
  }
  const number = (text: string | null): number | null =>
    text !== null && /^\d{1,20}$/.test(text) ? Number(text) : null
  const carrier = line('carrier')
  return {
    operstate: line('operstate'),
    carrier: carrier === null ? null : carrier === '1',
    mtu: number(line('mtu')),
    rx_missed_errors: number(line('statistics/rx_missed_errors')),
    backup: line('bonding_slave/state') === 'backup',
  }
}
