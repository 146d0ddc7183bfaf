import type { DiskStats } from '../../../collectors/diskstats.ts'
import type { Traffic } from '../../../collectors/netdev.ts'
import type { Protocols } from '../../../collectors/snmp.ts'

/** A value under node_exporter's name; a counter unless it says otherwise. */
export type Entry = readonly [series: string, value: number, gauge?: 'gauge']

export type Labels = Readonly<Record<string, string | number>>

/** As in the exposition, with the labels sorted. */
export function seriesName(name: string, labels: Labels = {}): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.length === 0 ? name : `${name}{${pairs.map(([label, value]) => `${label}="${value}"`).join(',')}}`
}

const SECTOR = 512

export function diskEntries(disk: DiskStats): Entry[] {
  const of = (name: string, value: number): Entry => [seriesName(`node_disk_${name}`, { device: disk.name }), value]
  return [
    of('reads_completed_total', disk.reads),
    of('read_bytes_total', disk.readSectors * SECTOR),
    of('read_time_seconds_total', disk.readMs / 1000),
    of('writes_completed_total', disk.writes),
    of('written_bytes_total', disk.writeSectors * SECTOR),
    of('write_time_seconds_total', disk.writeMs / 1000),
    [...of('io_now', disk.inFlight), 'gauge'] as unknown as Entry,
    of('io_time_seconds_total', disk.ioTicksMs / 1000),
    of('io_time_weighted_seconds_total', disk.queueMs / 1000),
    of('discards_completed_total', disk.discards),
    of('discarded_sectors_total', disk.discardSectors),
    of('discard_time_seconds_total', disk.discardMs / 1000),
    of('flush_requests_total', disk.flushes),
    of('flush_requests_time_seconds_total', disk.flushMs / 1000),
  ]
}

/** Those of the MIBs that are settings or states. */
const MIB_GAUGES =
  /^(Ip_(Forwarding|DefaultTTL)|Tcp_(RtoAlgorithm|RtoMin|RtoMax|MaxConn|CurrEstab)|MPTcpExt_MPCurrEstab)$/

export function protocolEntries(protocols: Protocols): Entry[] {
  return [...protocols].flatMap(([protocol, counts]) =>
    [...counts].map(([name, count]): Entry => {
      const full = `${protocol}_${name}`
      return MIB_GAUGES.test(full) ? [`node_netstat_${full}`, count, 'gauge'] : [`node_netstat_${full}`, count]
    }),
  )
}

export function trafficEntries({ name: device, ...traffic }: { readonly name: string } & Traffic): Entry[] {
  const names: Partial<Record<keyof Traffic, string>> = {
    rx_bytes: 'receive_bytes',
    rx_packets: 'receive_packets',
    rx_errors: 'receive_errs',
    rx_drop: 'receive_drop',
    rx_fifo_errors: 'receive_fifo',
    tx_bytes: 'transmit_bytes',
    tx_packets: 'transmit_packets',
    tx_errors: 'transmit_errs',
    tx_dropped: 'transmit_drop',
    tx_carrier_errors: 'transmit_carrier',
  }
  return Object.entries(names).map(([ours, theirs]) => [
    seriesName(`node_network_${theirs}_total`, { device }),
    traffic[ours as keyof Traffic],
  ])
}
