import { collector } from './collector.ts'
import { counter, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/zoneinfo`: how large each memory zone is (gauges, in pages). Much else is in it that we do not read.
 *
 *     Node 0, zone   Normal
 *       pages free     411234
 *             managed  1409024
 *
 * `managed`: pages that the allocator hands out, since Linux 3.9; `present` before. Changes with memory hotplug and
 * balloons only, and the file grows with CPUs times zones (150 KB at 192 CPUs), so it is read once a minute.
 * Kernel: Documentation/admin-guide/sysctl/vm.rst, mm/vmstat.c
 */
export interface Zone {
  /** NUMA node. */
  readonly node: number
  readonly zone: string
  readonly managedPages: number
}

export function parseZoneinfo(text: string): Zone[] {
  const zones: { node: number; zone: string; present?: number; managed?: number }[] = []
  for (const line of lines(text)) {
    if (line.startsWith('Node ')) {
      const [, node, , zone, ...rest] = fields(line)
      if (!node?.endsWith(',') || zone === undefined || rest.length > 0)
        throw new Malformed('a zone without its node and name')
      zones.push({ node: counter(node.slice(0, -1), 'node'), zone })
      continue
    }
    const text = line.trimStart()
    const isManaged = text.startsWith('managed ')
    if (!isManaged && !text.startsWith('present ')) continue
    const last = zones.at(-1)
    if (last === undefined) throw new Malformed('a size before the first zone')
    last[isManaged ? 'managed' : 'present'] = counter(fields(text)[1], `size of ${last.zone}`)
  }
  if (zones.length === 0) throw new Malformed('no line "Node <number>, zone <name>"')
  // A zone without a size has no pages: kernels print its name alone.
  return zones.map(({ node, zone, present, managed }) => ({ node, zone, managedPages: managed ?? present ?? 0 }))
}

export const zoneinfo = collector({
  name: 'zoneinfo',
  source: '/proc/zoneinfo',
  absentWhen: 'never on Linux with an MMU',
  everyMs: 60_000,
  collect: host => parsed('/proc/zoneinfo', host.read('/proc/zoneinfo'), parseZoneinfo),
})
