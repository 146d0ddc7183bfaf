import { collector } from './collector.ts'
import { counter, decimal, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/loadavg`: exponentially damped averages of runnable plus uninterruptible tasks (gauges).
 *
 *     34.64 35.80 35.76 5/1893 12345
 *
 * load1, load5, load15, runnable scheduling entities / existing ones, last pid. Since Linux 1.x; always there.
 * Kernel: Documentation/filesystems/proc.rst, fs/proc/loadavg.c
 */
export interface LoadAverage {
  readonly load1: number
  readonly load5: number
  readonly load15: number
  readonly runnable: number
  readonly entities: number
}

export function parseLoadavg(text: string): LoadAverage {
  const [load1, load5, load15, tasks, ...rest] = fields(lines(text)[0]!)
  if (rest.length > 1) throw new Malformed(`${rest.length + 4} fields instead of 5`)
  const [runnable, entities] = (tasks ?? '').split('/')
  return {
    load1: decimal(load1, 'load1'),
    load5: decimal(load5, 'load5'),
    load15: decimal(load15, 'load15'),
    runnable: counter(runnable, 'runnable'),
    entities: counter(entities, 'entities'),
  }
}

export const loadavg = collector({
  name: 'loadavg',
  source: '/proc/loadavg',
  absentWhen: 'never on Linux',
  collect: host => parsed('/proc/loadavg', host.read('/proc/loadavg'), parseLoadavg),
})
