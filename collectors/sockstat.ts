import { collector } from './collector.ts'
import { counter, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/1/net/sockstat`: sockets in use, by protocol (gauges).
 *
 *     sockets: used 21
 *     TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 0
 *     UDP: inuse 0 mem 0
 *     FRAG: inuse 0 memory 0
 *
 * `used`, `inuse` and `tw` (TIME_WAIT) are of the namespace; TCP's `orphan`, `alloc` and both `mem` of the whole machine,
 * whatever the namespace. `mem` is in pages, as net.ipv4.tcp_mem is; `memory` in bytes. Sockets of IPv6 are in sockstat6, the
 * memory of both here. Kernel: net/ipv4/proc.c
 */
const PATH = '/proc/1/net/sockstat'

/** By protocol as printed, without the colon. */
export type Sockstat = ReadonlyMap<string, ReadonlyMap<string, number>>

export function parseSockstat(text: string): Sockstat {
  return new Map(
    lines(text).map(line => {
      const [protocol, ...pairs] = fields(line)
      if (!protocol!.endsWith(':') || pairs.length === 0 || pairs.length % 2 !== 0)
        throw new Malformed('a line that is not a protocol with pairs of name and value')
      const values = new Map<string, number>()
      for (let i = 0; i < pairs.length; i += 2) values.set(pairs[i]!, counter(pairs[i + 1], pairs[i]!))
      return [protocol!.slice(0, -1), values]
    }),
  )
}

export const sockstat = collector({
  name: 'sockstat',
  source: PATH,
  absentWhen: 'the kernel lacks CONFIG_INET',
  collect: host => parsed(PATH, host.read(PATH), parseSockstat),
})
