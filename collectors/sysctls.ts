import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { foreignNamespace } from './netns.ts'
import { decimal, type Fault, fault, fields, Malformed, ok, okBut, parsed, type Reading } from './reading.ts'

/**
 * `/proc/sys/…`: settings whose wrong value breaks a node or which say why something overflowed (gauges).
 *
 *     net/ipv4/ip_forward = 1                net/ipv4/tcp_mem = 42933	57246	85866
 *     net/ipv4/conf/eth0/rp_filter = 2       net/ipv4/ip_local_reserved_ports = 8080,9148-9150
 *
 * One number, or some separated by tabs; each may be missing. `net.*` are those of the reader's network namespace.
 * Kernel: Documentation/admin-guide/sysctl/, Documentation/networking/{ip,ipvs,nf_conntrack}-sysctl.rst
 */
export interface Sysctls {
  /** Those of the list below that are there. */
  readonly values: ReadonlyMap<SysctlName, readonly number[]>
  /** net.ipv4.conf.<interface>.rp_filter, by interface, without those of single pods: 0 off, 1 strict, 2 loose. */
  readonly rpFilter: ReadonlyMap<string, number>
  /** net.ipv4.ip_local_reserved_ports as set; empty: none. */
  readonly reservedPorts: string | null
}

const OF_THE_MACHINE = ['fs/inotify/max_user_instances', 'fs/inotify/max_user_watches'] as const

const OF_THE_NAMESPACE = [
  'net/ipv4/ip_forward',
  'net/ipv4/ip_local_port_range',
  'net/ipv4/tcp_max_syn_backlog',
  'net/ipv4/tcp_syncookies',
  'net/ipv4/tcp_mem',
  'net/ipv4/tcp_rmem',
  'net/ipv4/tcp_wmem',
  'net/ipv4/udp_mem',
  'net/ipv4/neigh/default/gc_thresh3',
  'net/ipv4/vs/conn_reuse_mode',
  'net/ipv6/conf/all/forwarding',
  'net/bridge/bridge-nf-call-iptables',
  'net/core/somaxconn',
  'net/core/rmem_max',
  'net/core/wmem_max',
  'net/core/netdev_max_backlog',
  'net/core/netdev_budget',
] as const

export type SysctlName = (typeof OF_THE_MACHINE)[number] | (typeof OF_THE_NAMESPACE)[number]

const RESERVED_PORTS = 'net/ipv4/ip_local_reserved_ports'
const CONF = '/proc/sys/net/ipv4/conf'
/** Interfaces of single pods, hundreds on a node: they get `default` or what the network plugin sets. */
const OF_A_POD = /^(veth|cali|lxc|azv|eni|gke|tap|vnet)/

export function parseSysctl(text: string): number[] {
  const values = fields(text)
  if (values.length > 8) throw new Malformed(`${values.length} values`)
  return values.map(value => decimal(value, 'the value'))
}

export const sysctls = collector({
  name: 'sysctls',
  source: '/proc/sys/{net,fs}/…',
  absentWhen: 'the kernel lacks CONFIG_SYSCTL',
  // People and start-up scripts change them, not the kernel.
  everyMs: 60_000,
  collect: (host): Reading<Sysctls> => {
    const foreign = foreignNamespace(host)
    const faults: Fault[] = foreign ? [foreign] : []
    const value = (name: string): number[] | null => {
      const path = `/proc/sys/${name}`
      const reading = parsed(path, host.read(path), parseSysctl)
      if (!reading.ok && reading.fault.code !== 'Absent') faults.push(reading.fault)
      return reading.ok ? reading.value : null
    }
    const names: readonly SysctlName[] = foreign ? OF_THE_MACHINE : [...OF_THE_MACHINE, ...OF_THE_NAMESPACE]
    const values = present(names, value)
    const rpFilter = present(
      foreign ? [] : configured(host),
      name => value(`net/ipv4/conf/${name}/rp_filter`)?.[0] ?? null,
    )
    const reserved = foreign ? null : host.read(`/proc/sys/${RESERVED_PORTS}`)
    if (values.size === 0 && rpFilter.size === 0 && !faults[0]) return fault('Absent', '/proc/sys has none of them')
    const all = { values, rpFilter, reservedPorts: reserved?.ok ? reserved.value.trim() : null }
    return faults[0] ? okBut(all, faults[0]) : ok(all)
  },
})

function present<Name extends string, T>(names: readonly Name[], read: (name: Name) => T | null): Map<Name, T> {
  const found = new Map<Name, T>()
  for (const name of names) {
    const value = read(name)
    if (value !== null) found.set(name, value)
  }
  return found
}

function configured(host: Host): string[] {
  const names = host.list(CONF)
  return names.ok ? names.value.filter(name => !OF_A_POD.test(name)) : []
}
