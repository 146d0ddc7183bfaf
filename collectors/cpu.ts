import { collector } from './collector.ts'
import { counter, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/stat`: CPU time by state and a few counters of the scheduler.
 *
 *     cpu  74608 2520 24433 1117073 6176 4054 0 0 0 0
 *     cpu0 …
 *     intr 1462898 …     ctxt 2462000     btime 1764000000     processes 2915
 *     procs_running 3    procs_blocked 2
 *
 * CPU columns are USER_HZ ticks (1/100 s) since boot: user nice system idle iowait irq softirq steal guest guest_nice, of
 * which the last two are contained in user and nice; steal since 2.6.11. intr, ctxt, processes are counters;
 * procs_running and procs_blocked (tasks in nr_iowait only, not all of state D) gauges; btime is the Unix time of boot and
 * changes when the wall clock is set. Kernel: Documentation/filesystems/proc.rst, fs/proc/stat.c
 */
export interface CPU {
  readonly total: CPUTicks
  readonly online: number
  readonly intr: number
  readonly ctxt: number
  readonly btime: number
  readonly processes: number
  readonly procsRunning: number
  readonly procsBlocked: number
}

export type CPUTicks = Readonly<Record<(typeof STATES)[number], number>>

export const STATES = [
  'user',
  'nice',
  'system',
  'idle',
  'iowait',
  'irq',
  'softirq',
  'steal',
  'guest',
  'guest_nice',
] as const

export function parseStat(text: string): CPU {
  const rows = new Map(
    lines(text).map(line => {
      const [name, ...values] = fields(line)
      return [name!, values] as const
    }),
  )
  const first = (name: string): number => counter(rows.get(name)?.[0], name)
  const columns = rows.get('cpu')
  if (columns === undefined || columns.length < 4) throw new Malformed('no line "cpu" with at least 4 columns')
  const ticks = STATES.map((state, index) => [state, index < columns.length ? counter(columns[index], state) : 0])
  return {
    total: Object.fromEntries(ticks) as CPUTicks,
    online: [...rows.keys()].filter(name => /^cpu\d+$/.test(name)).length,
    intr: first('intr'),
    ctxt: first('ctxt'),
    btime: first('btime'),
    processes: first('processes'),
    procsRunning: first('procs_running'),
    procsBlocked: first('procs_blocked'),
  }
}

export const cpu = collector({
  name: 'cpu',
  source: '/proc/stat',
  absentWhen: 'never on Linux',
  collect: host => parsed('/proc/stat', host.read('/proc/stat'), parseStat),
})
