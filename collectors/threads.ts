import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { counter, lines, ok, parsed, type Reading } from './reading.ts'

/**
 * `/proc/sys/kernel/{pid_max,threads-max}`: how many tasks (processes and threads) there can be at all (gauges).
 *
 *     4194304
 *
 * `pid_max`: pids are below it; 32768 by default on small machines, and one value a pid namespace since Linux 6.14: ours
 * is the node's (hostPID). `threads-max`: of the whole machine, from its memory. How many there are is in
 * /proc/loadavg. Kernel: Documentation/admin-guide/sysctl/kernel.rst
 */
export interface Threads {
  readonly pidMax: number
  readonly threadsMax: number
}

export const parseLimit = (text: string): number => counter(lines(text)[0], 'the limit')

export const threads = collector({
  name: 'threads',
  source: '/proc/sys/kernel/{pid_max,threads-max}',
  absentWhen: 'the kernel lacks CONFIG_SYSCTL',
  collect: (host): Reading<Threads> => {
    const pidMax = read(host, 'pid_max')
    const threadsMax = read(host, 'threads-max')
    if (!pidMax.ok) return pidMax
    return threadsMax.ok ? ok({ pidMax: pidMax.value, threadsMax: threadsMax.value }) : threadsMax
  },
})

const read = (host: Host, name: string): Reading<number> =>
  parsed(`/proc/sys/kernel/${name}`, host.read(`/proc/sys/kernel/${name}`), parseLimit)
