import { blockdevices } from './blockdevices.ts'
import { buddyinfo } from './buddyinfo.ts'
import { clock } from './clock.ts'
import type { Collector } from './collector.ts'
import { conntrack } from './conntrack.ts'
import { conntrackstat } from './conntrackstat.ts'
import { containerlogs } from './containerlogs.ts'
import { containernames } from './containernames.ts'
import { cpu } from './cpu.ts'
import { diskstats } from './diskstats.ts'
import { ext4 } from './ext4.ts'
import { files } from './files.ts'
import { filesystems, networkfilesystems } from './filesystems.ts'
import { kubelet, lease } from './kubelet.ts'
import { loadavg } from './loadavg.ts'
import { memory } from './memory.ts'
import { mounts } from './mounts.ts'
import { netdev } from './netdev.ts'
import { netstat } from './netstat.ts'
import { nodepaths } from './nodepaths.ts'
import { pressure } from './pressure.ts'
import type { Reading } from './reading.ts'
import { snmp } from './snmp.ts'
import { snmp6 } from './snmp6.ts'
import { sockstat } from './sockstat.ts'
import { softnet } from './softnet.ts'
import { sysctls } from './sysctls.ts'
import { threads } from './threads.ts'
import { vmstat } from './vmstat.ts'
import { zoneinfo } from './zoneinfo.ts'

/** All collectors, in the order in which a cycle runs them. Adding one: its file and its line here. */
export const collectors = [
  loadavg,
  cpu,
  pressure,
  memory,
  vmstat,
  buddyinfo,
  zoneinfo,
  files,
  threads,
  clock,
  mounts,
  diskstats,
  blockdevices,
  nodepaths,
  filesystems,
  networkfilesystems,
  ext4,
  containerlogs,
  containernames,
  conntrack,
  conntrackstat,
  netstat,
  snmp,
  snmp6,
  softnet,
  sockstat,
  netdev,
  sysctls,
  kubelet,
  lease,
] as const

type AnyCollector = (typeof collectors)[number]
export type CollectorName = AnyCollector['name']

type ValueOf<C> = C extends Collector<string, infer T> ? T : never
/** What each collector reads, by its name. */
export type Values = { [C in AnyCollector as C['name']]: ValueOf<C> }

/** A reading with the monotonic time at which it arrived. */
export interface Stamped<T> {
  readonly atMs: number
  readonly reading: Reading<T>
}

/** Everything read in one cycle. */
export interface Sample {
  /** Monotonic, since boot: for intervals. */
  readonly atMs: number
  /** Wall clock, Unix ms: a label only. */
  readonly wallMs: number
  readonly readings: { readonly [Name in CollectorName]: Stamped<Values[Name]> }
}
