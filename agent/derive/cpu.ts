import type { CPUTicks, STATES } from '../../collectors/cpu.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, growth, intervalOf, quotient, ratePerSecond, readingOf, type Step } from './step.ts'
import { median, slide, type Timed } from './window.ts'

const share = (help: string, worse: 'up' | 'down' | 'neither' = 'neither') =>
  ({ unit: 'ratio', subject: 'Node', worse, help: `Share of CPU time: ${help}` }) as const
const count = (help: string, worse: 'up' | 'neither' = 'up') =>
  ({ unit: 'count', subject: 'Node', worse, help }) as const
const rate = (help: string) => ({ unit: 'perSecond', subject: 'Node', worse: 'neither', help }) as const

export const cpuSignals = {
  'cpu.userRatio': share('processes (user, nice; guests included)'),
  'cpu.systemRatio': share('the kernel for processes (system)'),
  'cpu.irqRatio': share('interrupts (irq, softirq)'),
  'cpu.idleRatio': share('idle and nothing waits for I/O (idle)', 'down'),
  'cpu.iowaitRatio': share('idle while a task waits for I/O (iowait)', 'up'),
  'cpu.stealRatio': share('taken by the hypervisor although a task was ready to run (steal)', 'up'),
  'cpu.onlineCPUs': count('CPUs online', 'neither'),
  'cpu.ctxtPerSecond': rate('Context switches (ctxt)'),
  'cpu.intrPerSecond': rate('Interrupts (intr)'),
  'cpu.processesPerSecond': rate('Tasks created (processes)'),
  'cpu.procsRunning': count('Runnable tasks at this moment (procs_running)'),
  'cpu.procsRunningMedian': count('Median of procs_running over 60 s'),
  'cpu.runnablePerCPU': count('Median of procs_running over 60 s, for each CPU online'),
  'cpu.procsBlocked': count('Tasks that wait for block I/O (procs_blocked)'),
  'cpu.load1': count('Load average of 1 min: runnable and uninterruptible tasks'),
  'cpu.load5': count('Load average of 5 min'),
  'cpu.load15': count('Load average of 15 min'),
  'cpu.blockedTasks': count('Uninterruptible tasks (state D): load over up to 60 s without the runnable ones'),
  'cpu.blockedOfLimitRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Uninterruptible tasks over what is many for this machine: a quarter of its CPUs, 8 at least and 32 at most',
  },
} as const satisfies Record<string, SignalDefinition>

type State = (typeof STATES)[number]

/** Columns that each share adds up. guest and guest_nice are contained in user and nice. */
const SHARES: Readonly<
  Record<
    'cpu.userRatio' | 'cpu.systemRatio' | 'cpu.irqRatio' | 'cpu.idleRatio' | 'cpu.iowaitRatio' | 'cpu.stealRatio',
    readonly State[]
  >
> = {
  'cpu.userRatio': ['user', 'nice'],
  'cpu.systemRatio': ['system'],
  'cpu.irqRatio': ['irq', 'softirq'],
  'cpu.idleRatio': ['idle'],
  'cpu.iowaitRatio': ['iowait'],
  'cpu.stealRatio': ['steal'],
}

/** Long enough to stand above bursts; the time constant of load1. */
const WINDOW_MS = 60_000

interface Load extends Timed {
  readonly load1: number
  readonly procsRunning: number
}

export const cpu = derivation({
  start: [] as readonly Load[],
  step(window, step) {
    const now = readingOf(step.curr, 'cpu')
    const load = readingOf(step.curr, 'loadavg')
    const set = (name: keyof typeof cpuSignals, value: number | undefined) => step.signals.set(name, 'node', value)
    setShares(step)
    set('cpu.load1', load?.load1)
    set('cpu.load5', load?.load5)
    set('cpu.load15', load?.load15)
    if (now === undefined) return { state: window, facts: null }
    set('cpu.onlineCPUs', now.online)
    set('cpu.procsRunning', now.procsRunning)
    set('cpu.procsBlocked', now.procsBlocked)
    // Without loadavg the run queue is still known: NaN keeps the load average out of every value.
    const atMs = step.curr.readings.cpu.atMs
    const next = slide(window, { atMs, load1: load?.load1 ?? Number.NaN, procsRunning: now.procsRunning }, WINDOW_MS)
    const running = median(next.map(({ procsRunning }) => procsRunning))
    set('cpu.procsRunningMedian', running)
    set('cpu.runnablePerCPU', quotient(running, now.online))
    const blocked = blockedTasks(next)
    set('cpu.blockedTasks', blocked)
    set('cpu.blockedOfLimitRatio', quotient(blocked, Math.min(Math.max(now.online / 4, 8), 32)))
    return { state: next, facts: null }
  },
})

function setShares(step: Step): void {
  const interval = intervalOf(step, 'cpu')
  if (interval === null) return
  const { before, after, seconds } = interval
  step.signals.set('cpu.ctxtPerSecond', 'node', ratePerSecond(before.ctxt, after.ctxt, seconds))
  step.signals.set('cpu.intrPerSecond', 'node', ratePerSecond(before.intr, after.intr, seconds))
  step.signals.set('cpu.processesPerSecond', 'node', ratePerSecond(before.processes, after.processes, seconds))
  const grown = Object.values(SHARES).map(states =>
    sum(states.map(state => grownTicks(before.total, after.total, state))),
  )
  const total = sum(grown)
  for (const [index, name] of (Object.keys(SHARES) as (keyof typeof SHARES)[]).entries())
    step.signals.set(name, 'node', quotient(grown[index], total))
}

/** Tickless kernels correct idle and iowait backwards a little (Documentation/filesystems/proc.rst): that is no reset. */
function grownTicks(before: CPUTicks, after: CPUTicks, state: State): number | undefined {
  const grown = growth(before[state], after[state])
  return grown === undefined && (state === 'idle' || state === 'iowait') ? 0 : grown
}

/** Undefined as soon as one part is. */
const sum = (parts: readonly (number | undefined)[]): number | undefined =>
  parts.reduce((total, part) => (total === undefined || part === undefined ? undefined : total + part), 0)

/**
 * The load average lags: it is still high minutes after thousands of threads ended. But from two values of load1 follows
 * the mean number of tasks in between: load1(t) = load1(0) * k + mean * (1 - k), k = e^(-t/60 s) (kernel/sched/loadavg.c).
 * The smaller of that and load1, without the runnable tasks, are the blocked ones. Undefined on the first sample.
 */
function blockedTasks(window: readonly Load[]): number | undefined {
  const [first] = window
  const last = window.at(-1)
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined
  const kept = Math.exp((first.atMs - last.atMs) / WINDOW_MS)
  const mean = (last.load1 - first.load1 * kept) / (1 - kept)
  const running = window.reduce((total, { procsRunning }) => total + procsRunning, 0) / window.length
  return Math.max(Math.min(last.load1, mean) - running, 0)
}
