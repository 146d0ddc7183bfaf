import { collector } from './collector.ts'
import { counter, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/buddyinfo`: free blocks of each order in each memory zone (gauges).
 *
 *     Node 0, zone    DMA32      1      2      4      2      5      4      3      3      4      2    752
 *     Node 0, zone   Normal   4624   2994   3206   1598    950    535    117     42     25     10    311
 *
 * NUMA node, zone, then the number of free blocks of 2^0, 2^1, … pages: 11 columns on most kernels, fewer or more where
 * CONFIG_ARCH_FORCE_MAX_ORDER says so. Pages that wait in per-CPU lists are not in it; zones without pages are not
 * listed. Since Linux 2.4. Kernel: Documentation/filesystems/proc.rst, mm/vmstat.c
 */
export interface FreeBlocks {
  /** NUMA node. */
  readonly node: number
  readonly zone: string
  /** Free blocks by order. */
  readonly blocks: readonly number[]
}

export function parseBuddyinfo(text: string): FreeBlocks[] {
  const zones = lines(text).map(line => {
    const [label, node, zoneLabel, zone, ...blocks] = fields(line)
    if (label !== 'Node' || !node?.endsWith(',') || zoneLabel !== 'zone' || zone === undefined)
      throw new Malformed('a line that does not begin with "Node <number>, zone <name>"')
    return {
      node: counter(node.slice(0, -1), 'node'),
      zone,
      blocks: blocks.map((count, order) => counter(count, `order ${order} of ${zone}`)),
    }
  })
  const orders = zones[0]!.blocks.length
  if (orders === 0 || zones.some(({ blocks }) => blocks.length !== orders))
    throw new Malformed('zones with different numbers of orders')
  return zones
}

export const buddyinfo = collector({
  name: 'buddyinfo',
  source: '/proc/buddyinfo',
  absentWhen: 'never on Linux with an MMU',
  collect: host => parsed('/proc/buddyinfo', host.read('/proc/buddyinfo'), parseBuddyinfo),
})
