import type { CollectorName, Values } from '../../collectors/index.ts'
import { type Family, type Metric, type MetricsView, one, type Series, valuesOf } from './metric.ts'

/**
 * Counters as the kernel gives them, only with `metrics.raw`. Named as node_exporter names them, in small letters, with
 * `node_agent_` for `node_` and `_total` for every counter.
 */

/** Values of one collector; none where it failed. */
function ofCollector<Name extends CollectorName>(
  collector: Name,
  series: (value: Values[Name]) => readonly Series[],
): Metric['series'] {
  return ({ sample }: MetricsView) => {
    const reading = sample?.readings[collector].reading
    return reading?.ok ? series(reading.value as Values[Name]) : []
  }
}

const counter = (name: string, help: string, labels: readonly string[], series: Metric['series']): Metric => ({
  name: `node_agent_${name}_total`,
  help,
  type: 'counter',
  labels,
  series,
})

const SECTOR_BYTES = 512
/** USER_HZ: what /proc/stat counts in, on every architecture that runs Kubernetes. */
const TICKS_PER_SECOND = 100

type Disk = Values['diskstats'][number]
const disk = (name: string, help: string, value: (disk: Disk) => number): Metric =>
  counter(
    `disk_${name}`,
    help,
    ['device'],
    ofCollector('diskstats', disks => disks.map(is => ({ labels: { device: is.name }, value: value(is) }))),
  )

type Interface = Values['netdev'][number]
const network = (name: string, help: string, value: (is: Interface) => number): Metric =>
  counter(
    `network_${name}`,
    help,
    ['device'],
    ofCollector('netdev', all => all.map(is => ({ labels: { device: is.name }, value: value(is) }))),
  )

type CPU = Values['cpu']
const stat = (name: string, help: string, value: (cpu: CPU) => number): Metric =>
  counter(
    name,
    help,
    [],
    ofCollector('cpu', cpu => one(value(cpu))),
  )

type Softnet = Values['softnet'][number]
const softnet = (name: string, help: string, value: (cpu: Softnet) => number): Metric =>
  counter(
    `softnet_${name}`,
    help,
    ['cpu'],
    ofCollector('softnet', cpus => cpus.map(is => ({ labels: { cpu: String(is.cpu) }, value: value(is) }))),
  )

type Pressure = Values['pressure']
const pressure = (name: string, help: string, microseconds: (pressure: Pressure) => number | undefined): Metric =>
  counter(
    `pressure_${name}_seconds`,
    help,
    [],
    ofCollector('pressure', value => {
      const total = microseconds(value)
      return one(total === undefined ? undefined : total / 1e6)
    }),
  )

/** Those that every kernel has; for the docs and for scrapes. */
export const fixedRawMetrics: readonly Metric[] = [
  counter(
    'cpu_seconds',
    'CPU time of all CPUs by mode',
    ['mode'],
    ofCollector('cpu', ({ total }) =>
      Object.entries(total).map(([mode, ticks]) => ({ labels: { mode }, value: ticks / TICKS_PER_SECOND })),
    ),
  ),
  stat('context_switches', 'Context switches (ctxt of /proc/stat)', ({ ctxt }) => ctxt),
  stat('intr', 'Interrupts (intr of /proc/stat)', ({ intr }) => intr),
  stat('forks', 'Processes and threads created (processes of /proc/stat)', ({ processes }) => processes),
  disk('reads_completed', 'Reads completed', ({ reads }) => reads),
  disk('read_bytes', 'Bytes read', ({ readSectors }) => readSectors * SECTOR_BYTES),
  disk('read_time_seconds', 'Time of all reads', ({ readMs }) => readMs / 1000),
  disk('writes_completed', 'Writes completed', ({ writes }) => writes),
  disk('written_bytes', 'Bytes written', ({ writeSectors }) => writeSectors * SECTOR_BYTES),
  disk('write_time_seconds', 'Time of all writes', ({ writeMs }) => writeMs / 1000),
  disk('io_time_seconds', 'Time with a request in flight', ({ ioTicksMs }) => ioTicksMs / 1000),
  disk('io_time_weighted_seconds', 'Time of all requests', ({ queueMs }) => queueMs / 1000),
  disk('discards_completed', 'Discards completed', ({ discards }) => discards),
  disk('flush_requests', 'Flushes completed', ({ flushes }) => flushes),
  disk('flush_requests_time_seconds', 'Time of all flushes', ({ flushMs }) => flushMs / 1000),
  network('receive_bytes', 'Bytes received', ({ rx_bytes }) => rx_bytes),
  network('receive_packets', 'Packets received', ({ rx_packets }) => rx_packets),
  network('receive_errs', 'Errors on receipt', ({ rx_errors }) => rx_errors),
  network('receive_drop', 'Packets dropped on receipt, missed ones included', ({ rx_drop }) => rx_drop),
  network('receive_fifo', 'FIFO errors on receipt', ({ rx_fifo_errors }) => rx_fifo_errors),
  network('transmit_bytes', 'Bytes sent', ({ tx_bytes }) => tx_bytes),
  network('transmit_packets', 'Packets sent', ({ tx_packets }) => tx_packets),
  network('transmit_errs', 'Errors on sending', ({ tx_errors }) => tx_errors),
  network('transmit_drop', 'Packets dropped on sending', ({ tx_dropped }) => tx_dropped),
  network('transmit_carrier', 'Carrier errors on sending', ({ tx_carrier_errors }) => tx_carrier_errors),
  softnet('processed', 'Packets processed', ({ processed }) => processed),
  softnet('dropped', 'Packets dropped for want of room in the backlog', ({ dropped }) => dropped),
  softnet('times_squeezed', 'Runs that ended with work left', ({ time_squeeze }) => time_squeeze),
  pressure('cpu_waiting', 'Time in which some task waited for a CPU', ({ cpu }) => cpu.some.totalMicroseconds),
  pressure(
    'memory_waiting',
    'Time in which some task waited for memory',
    ({ memory }) => memory.some.totalMicroseconds,
  ),
  pressure('memory_stalled', 'Time in which all waited for memory', ({ memory }) => memory.full?.totalMicroseconds),
  pressure('io_waiting', 'Time in which some task waited for I/O', ({ io }) => io.some.totalMicroseconds),
  pressure('io_stalled', 'Time in which all tasks waited for I/O', ({ io }) => io.full?.totalMicroseconds),
]

/** Gauges among the counters of these files. */
const GAUGES = /^(nr_|workingset_nodes$|zone_|numa_.*node$)|^(tcp_(rto|maxconn|currestab)|ip_(forwarding|defaultttl))/

/** A counter by the kernel's name: a metric of its own, as node_exporter does it. Kernels add names, so there is no list. */
function named(group: string, source: string, counters: Iterable<readonly [string, number]>): Family[] {
  return [...counters]
    .map(([kernelName, value]) => ({ kernelName, value, name: kernelName.toLowerCase() }))
    .filter(({ name, value }) => /^[a-z0-9_]+$/.test(name) && !GAUGES.test(name) && value >= 0)
    .map(({ kernelName, value, name }) => ({
      name: `node_agent_${group}_${name}_total`,
      help: `${kernelName.replace('_', ' ')} of ${source}`,
      type: 'counter',
      labels: [],
      series: one(value),
    }))
}

const flat = (protocols: Values['netstat']): [string, number][] =>
  [...protocols].flatMap(([protocol, counters]) =>
    [...counters].map(([name, value]): [string, number] => [`${protocol}_${name}`, value]),
  )

function namedCounters({ sample }: MetricsView): Family[] {
  if (sample === null) return []
  const { vmstat, netstat, snmp, snmp6, conntrackstat } = sample.readings
  return [
    ...(vmstat.reading.ok ? named('vmstat', '/proc/vmstat', vmstat.reading.value) : []),
    ...(netstat.reading.ok ? named('netstat', '/proc/net/netstat', flat(netstat.reading.value)) : []),
    ...(snmp.reading.ok ? named('netstat', '/proc/net/snmp', flat(snmp.reading.value)) : []),
    ...(snmp6.reading.ok ? named('netstat', '/proc/net/snmp6', [...snmp6.reading.value].map(splitProtocol)) : []),
    ...(conntrackstat.reading.ok
      ? named('nf_conntrack_stat', '/proc/net/stat/nf_conntrack', conntrackstat.reading.value.total)
      : []),
  ]
}

/** `Ip6InReceives` is `Ip6_InReceives` with node_exporter. */
const splitProtocol = ([name, value]: readonly [string, number]): [string, number] => [
  name.replace(/^(\w+?6)/, '$1_'),
  value,
]

/** With these a scrape may have this many series more. */
const MAX_SERIES = 4_000

/** The raw counters of the sample; a metric that would go beyond the bound is left out whole. */
export function rawFamilies(view: MetricsView): { families: Family[]; leftOut: number } {
  const families = new Map<string, Family>()
  let series = 0
  let leftOut = 0
  for (const family of [...valuesOf(fixedRawMetrics, view), ...namedCounters(view)]) {
    if (families.has(family.name)) continue
    if (series + family.series.length > MAX_SERIES) {
      leftOut += family.series.length
      continue
    }
    series += family.series.length
    families.set(family.name, family)
  }
  return { families: [...families.values()], leftOut }
}
