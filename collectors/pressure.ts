import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { counter, decimal, fields, lines, Malformed, ok, parsed, type Reading } from './reading.ts'

/**
 * `/proc/pressure/{cpu,memory,io}`: share of time in which tasks stalled.
 *
 *     some avg10=0.00 avg60=0.00 avg300=0.00 total=1234
 *     full avg10=0.00 avg60=0.00 avg300=0.00 total=567
 *
 * `total` is µs since boot (counter), avg* are percent (gauges). Needs Linux 4.20 and CONFIG_PSI; EOPNOTSUPP when booted
 * with psi=0. `full` of cpu is there since 5.13 and always 0 at system level. Kernel: Documentation/accounting/psi.rst
 */
export interface Pressure {
  readonly cpu: Stalls
  readonly memory: Stalls
  readonly io: Stalls
}

export interface Stalls {
  readonly some: Stall
  /** Null for cpu before Linux 5.13. */
  readonly full: Stall | null
}

export interface Stall {
  readonly totalMicroseconds: number
  readonly avg10: number
  readonly avg60: number
  readonly avg300: number
}

export function parsePressure(text: string): Stalls {
  const rows = new Map(lines(text).map(line => [fields(line)[0]!, parseStall(line)]))
  const some = rows.get('some')
  if (some === undefined) throw new Malformed('no line "some"')
  return { some, full: rows.get('full') ?? null }
}

function parseStall(line: string): Stall {
  const values = new Map(
    fields(line)
      .slice(1)
      .map(field => field.split('=') as [string, string]),
  )
  return {
    totalMicroseconds: counter(values.get('total'), 'total'),
    avg10: decimal(values.get('avg10'), 'avg10'),
    avg60: decimal(values.get('avg60'), 'avg60'),
    avg300: decimal(values.get('avg300'), 'avg300'),
  }
}

export const pressure = collector({
  name: 'pressure',
  source: '/proc/pressure/{cpu,memory,io}',
  absentWhen: 'the kernel is older than 4.20, lacks CONFIG_PSI, or was booted with psi=0',
  collect: (host): Reading<Pressure> => {
    const [cpu, memory, io] = [read(host, 'cpu'), read(host, 'memory'), read(host, 'io')] as const
    if (!cpu.ok) return cpu
    if (!memory.ok) return memory
    return io.ok ? ok({ cpu: cpu.value, memory: memory.value, io: io.value }) : io
  },
})

const read = (host: Host, resource: string): Reading<Stalls> =>
  parsed(`/proc/pressure/${resource}`, host.read(`/proc/pressure/${resource}`), parsePressure)
