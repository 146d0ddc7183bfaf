import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { foreignNamespace } from './netns.ts'
import { counter, lines, ok, parsed, type Reading } from './reading.ts'

/**
 * `/proc/sys/net/netfilter/nf_conntrack_{count,max}`: tracked connections and how many there may be (gauges).
 *
 *     1487
 *     262144
 *
 * The count is that of the reader's network namespace, the limit holds for each namespace; 0 is no limit. Both are there
 * while the nf_conntrack module is loaded (CONFIG_NF_CONNTRACK). Kernel: Documentation/networking/nf_conntrack-sysctl.rst
 */
export interface Conntrack {
  readonly count: number
  readonly max: number
}

const DIRECTORY = '/proc/sys/net/netfilter'

export const parseConntrackNumber = (text: string): number => counter(lines(text)[0]!.trim(), 'the number of entries')

export const conntrack = collector({
  name: 'conntrack',
  source: `${DIRECTORY}/nf_conntrack_{count,max}`,
  absentWhen: 'the module nf_conntrack is not loaded',
  collect: (host): Reading<Conntrack> => {
    const count = read(host, `${DIRECTORY}/nf_conntrack_count`)
    if (!count.ok) return count
    const foreign = foreignNamespace(host)
    if (foreign) return { ok: false, fault: foreign }
    const max = read(host, `${DIRECTORY}/nf_conntrack_max`)
    return max.ok ? ok({ count: count.value, max: max.value }) : max
  },
})

const read = (host: Host, path: string): Reading<number> => parsed(path, host.read(path), parseConntrackNumber)
