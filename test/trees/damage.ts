import type { CollectorName } from '../../collectors/index.ts'
import { DIRECTORY, type Entry, readHost } from './machine.ts'
import type { Scenario } from './scenario.ts'

/** A file that is damaged in all ways, one after the other. */
export interface Damage {
  readonly path: string
  /** Collectors that read it and say that they cannot. Nobody may miss a detail that only adds to the picture. */
  readonly readers: readonly CollectorName[]
}

/** Who reads what. The first that fits counts. */
const READERS: readonly (readonly [RegExp, readonly CollectorName[]])[] = [
  [/^proc\/loadavg$/, ['loadavg']],
  [/^proc\/stat$/, ['cpu']],
  [/^proc\/pressure\//, ['pressure']],
  [/^proc\/meminfo$/, ['memory']],
  [/^proc\/vmstat$/, ['vmstat']],
  [/^proc\/buddyinfo$/, ['buddyinfo']],
  [/^proc\/zoneinfo$/, ['zoneinfo']],
  [/^proc\/diskstats$/, ['diskstats']],
  [/^proc\/1\/mountinfo$/, ['mounts', 'filesystems', 'networkfilesystems']],
  [/^proc\/1\/net\/dev$/, ['netdev']],
  [/^proc\/1\/net\/netstat$/, ['netstat']],
  [/^proc\/1\/net\/snmp$/, ['snmp']],
  [/^proc\/1\/net\/snmp6$/, ['snmp6']],
  [/^proc\/1\/net\/softnet_stat$/, ['softnet']],
  [/^proc\/1\/net\/sockstat$/, ['sockstat']],
  [/^proc\/1\/net\/stat\/nf_conntrack$/, ['conntrackstat']],
  [/^proc\/sys\/net\/netfilter\//, ['conntrack']],
  [/^proc\/sys\/fs\/file-nr$/, ['files']],
  [/^proc\/sys\/kernel\//, ['threads']],
  [/^proc\/sys\/net\/ipv4\/ip_local_reserved_ports$/, []],
  [/^proc\/sys\//, ['sysctls']],
  [/^sys\/fs\/ext4\/[^/]+\/errors_count$/, ['ext4']],
  [/^statfs\.json$/, ['filesystems']],
  [/config\.v2\.json$/, ['containernames']],
  [/^(proc\/fs|sys|etc)\//, []],
]

/** Kernel files of one kind are damaged once. */
const ALIKE =
  /^(proc\/sys\/net\/(?!ipv4\/ip_)|sys\/fs\/ext4\/(vda1|vdb)|sys\/block\/(vd[bc]|loop1)|proc\/fs\/ext4\/vd|sys\/devices)/
const KEPT = /nf_conntrack|rp_filter|somaxconn/

export const damages: readonly Damage[] = [...readHost('worker').keys()]
  .filter(path => !ALIKE.test(path) || (KEPT.test(path) && !/veth|cni0|docker0|default|lo\//.test(path)))
  .flatMap(path => {
    const found = READERS.find(([pattern]) => pattern.test(path))
    return found ? [{ path, readers: found[1] }] : []
  })

const BINARY = Uint8Array.from({ length: 600 }, (_, index) => (index * 167) % 256)

/** What becomes of the text, in this order. Truncated in the middle it may be good for something, so that comes last. */
export const WAYS: readonly (readonly [string, (text: string) => Entry])[] = [
  ['empty', () => ''],
  ['garbage', () => 'Segmentation fault (core dumped)\nnan inf -1 0x10 %s\n'],
  ['4 MiB in a line', () => `${'9'.repeat(4 * 1024 * 1024 - 1)}\n`],
  ['binary', () => BINARY],
  ['a directory', () => DIRECTORY],
  ['truncated', text => text.slice(0, Math.floor(text.length / 2))],
]

/** The slowest collectors look once a minute. */
const EVERY_SECONDS = 60

/** Two healthy frames, one for each way, two healthy ones. */
export function damaged({ path }: Damage): Scenario {
  return {
    name: path,
    seconds: (WAYS.length + 3) * EVERY_SECONDS,
    everySeconds: EVERY_SECONDS,
    frame(machine, { second }) {
      const way = WAYS[second / EVERY_SECONDS - 2]?.[1]
      if (way) machine.put(path, way(machine.text(path)))
    },
  }
}
