import { buddyinfo } from '../../../collectors/buddyinfo.ts'
import type { Collector } from '../../../collectors/collector.ts'
import { conntrack } from '../../../collectors/conntrack.ts'
import { conntrackstat } from '../../../collectors/conntrackstat.ts'
import { cpu, STATES } from '../../../collectors/cpu.ts'
import { diskstats } from '../../../collectors/diskstats.ts'
import { files } from '../../../collectors/files.ts'
import { filesystems } from '../../../collectors/filesystems.ts'
import { loadavg } from '../../../collectors/loadavg.ts'
import { memory } from '../../../collectors/memory.ts'
import { netdev } from '../../../collectors/netdev.ts'
import { netstat } from '../../../collectors/netstat.ts'
import { pressure } from '../../../collectors/pressure.ts'
import { snmp } from '../../../collectors/snmp.ts'
import { snmp6 } from '../../../collectors/snmp6.ts'
import { sockstat } from '../../../collectors/sockstat.ts'
import { softnet } from '../../../collectors/softnet.ts'
import { threads } from '../../../collectors/threads.ts'
import { vmstat } from '../../../collectors/vmstat.ts'
import { zoneinfo } from '../../../collectors/zoneinfo.ts'
import { diskEntries, type Entry, protocolEntries, seriesName, trafficEntries } from './exporter-entries.ts'
import { type Values, valueFrom } from './ours.ts'

/** All that our collectors read, under node_exporter's names. What it does not have by any name is left out here. */

const row =
  <T>(collector: Collector<string, T>, entries: (value: T) => Entry[]) =>
  async (): Promise<Entry[]> => {
    const value = await valueFrom(collector)
    return value === undefined ? [] : entries(value)
  }

const TICKS = 100

const rows = [
  row(loadavg, ({ load1, load5, load15 }) => [
    ['node_load1', load1, 'gauge'],
    ['node_load5', load5, 'gauge'],
    ['node_load15', load15, 'gauge'],
  ]),
  row(cpu, value => [
    ...STATES.map((mode): Entry => {
      const guest = { guest: 'user', guest_nice: 'nice' }[mode as string]
      return guest
        ? [seriesName('node_cpu_guest_seconds_total', { mode: guest }), value.total[mode] / TICKS]
        : [seriesName('node_cpu_seconds_total', { mode }), value.total[mode] / TICKS]
    }),
    ['node_intr_total', value.intr],
    ['node_context_switches_total', value.ctxt],
    ['node_forks_total', value.processes],
    ['node_boot_time_seconds', value.btime, 'gauge'],
    ['node_procs_running', value.procsRunning, 'gauge'],
    ['node_procs_blocked', value.procsBlocked, 'gauge'],
  ]),
  row(pressure, value =>
    (['cpu', 'io', 'memory'] as const).flatMap(resource =>
      (['some', 'full'] as const).flatMap((kind): Entry[] => {
        const stall = value[resource][kind]
        // "full" of the CPUs means nothing on the level of the system: it is always 0, and node_exporter leaves it out.
        if (stall === null || (resource === 'cpu' && kind === 'full')) return []
        const word = kind === 'some' ? 'waiting' : 'stalled'
        return [[`node_pressure_${resource}_${word}_seconds_total`, stall.totalMicroseconds / 1e6]]
      }),
    ),
  ),
  row(memory, value =>
    [...value].map(([name, size]) => [
      `node_memory_${name.replace('(', '_').replace(')', '')}${name.startsWith('HugePages_') ? '' : '_bytes'}`,
      size,
      'gauge',
    ]),
  ),
  row(vmstat, value =>
    [...value].map(
      ([name, count]): Entry =>
        name.startsWith('nr_') ? [`node_vmstat_${name}`, count, 'gauge'] : [`node_vmstat_${name}`, count],
    ),
  ),
  row(buddyinfo, zones =>
    zones.flatMap(({ node, zone, blocks }) =>
      blocks.map((count, size): Entry => [seriesName('node_buddyinfo_blocks', { node, zone, size }), count, 'gauge']),
    ),
  ),
  row(zoneinfo, zones =>
    zones.map(({ node, zone, managedPages }) => [
      seriesName('node_zoneinfo_managed_pages', { node, zone }),
      managedPages,
      'gauge',
    ]),
  ),
  row(files, ({ allocated, max }) => [
    ['node_filefd_allocated', allocated, 'gauge'],
    ['node_filefd_maximum', max, 'gauge'],
  ]),
  row(threads, ({ pidMax, threadsMax }) => [
    ['node_processes_max_processes', pidMax, 'gauge'],
    ['node_processes_max_threads', threadsMax, 'gauge'],
  ]),
  row(diskstats, disks => disks.flatMap(diskEntries)),
  row(filesystems, found =>
    found.flatMap(({ mountPoint, space }): Entry[] => {
      if (!space.ok) return []
      const { blockSize, blocks, freeBlocks, availableBlocks, files, freeFiles } = space.value
      const of = (name: string, value: number): Entry => [
        seriesName(`node_filesystem_${name}`, { mountpoint: mountPoint }),
        value,
        'gauge',
      ]
      return [
        of('size_bytes', blocks * blockSize),
        of('free_bytes', freeBlocks * blockSize),
        of('avail_bytes', availableBlocks * blockSize),
        of('files', files),
        of('files_free', freeFiles),
      ]
    }),
  ),
  row(conntrack, ({ count, max }) => [
    ['node_nf_conntrack_entries', count, 'gauge'],
    ['node_nf_conntrack_entries_limit', max, 'gauge'],
  ]),
  row(conntrackstat, ({ total }) =>
    ['found', 'invalid', 'ignore', 'insert', 'insert_failed', 'drop', 'early_drop', 'search_restart'].map(name => [
      `node_nf_conntrack_stat_${name}`,
      total.get(name) ?? 0,
    ]),
  ),
  row(snmp, protocolEntries),
  row(netstat, protocolEntries),
  row(snmp6, value =>
    [...value].map(([name, count]) => [`node_netstat_${name.replace(/^([A-Za-z]+6)/, '$1_')}`, count]),
  ),
  row(softnet, cpus =>
    cpus.flatMap(({ cpu, ...value }): Entry[] => [
      [seriesName('node_softnet_processed_total', { cpu }), value.processed],
      [seriesName('node_softnet_dropped_total', { cpu }), value.dropped],
      [seriesName('node_softnet_times_squeezed_total', { cpu }), value.time_squeeze],
      [seriesName('node_softnet_flow_limit_count_total', { cpu }), value.flow_limit_count],
    ]),
  ),
  row(sockstat, value =>
    [...value].flatMap(([protocol, counts]) =>
      [...counts].map(([name, count]): Entry => [`node_sockstat_${protocol}_${name}`, count, 'gauge']),
    ),
  ),
  row(netdev, interfaces => interfaces.flatMap(trafficEntries)),
]

/** All that we read now, by node_exporter's names. */
export async function ourValues(): Promise<Values> {
  const entries: Entry[] = []
  for (const read of rows) entries.push(...(await read()))
  return toValues(entries)
}

/** The counters of the protocols by nstat's names, which run protocol and name together. */
export async function ourProtocols(): Promise<Values> {
  const [ip, beyond, six] = [await valueFrom(snmp), await valueFrom(netstat), await valueFrom(snmp6)]
  const entries = [...protocolEntries(ip ?? new Map()), ...protocolEntries(beyond ?? new Map())]
  const joined = entries.map(
    ([series, ...rest]): Entry => [series.replace('node_netstat_', '').replace('_', ''), ...rest],
  )
  return toValues([...joined, ...[...(six ?? [])].map(([name, count]): Entry => [name, count])])
}

function toValues(entries: readonly Entry[]): Values {
  return new Map(entries.map(([series, value, gauge]) => [series, { value, gauge: gauge !== undefined }]))
}
