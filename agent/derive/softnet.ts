import type { SoftnetCPU } from '../../collectors/softnet.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, growth, intervalOf, quotient } from './step.ts'

export const softnetSignals = {
  'softnet.processedPerSecond': {
    unit: 'perSecond',
    subject: 'Node',
    worse: 'neither',
    help: 'Received packets that the kernel handled, all CPUs (softnet_stat processed)',
  },
  'softnet.droppedPerSecond': {
    unit: 'perSecond',
    subject: 'Node',
    worse: 'up',
    help: 'Received packets dropped because the backlog of their CPU was full, all CPUs (softnet_stat dropped)',
  },
  'softnet.timeSqueezePerSecond': {
    unit: 'perSecond',
    subject: 'Node',
    worse: 'up',
    help: 'Times that a CPU had to leave packets for later, all CPUs (softnet_stat time_squeeze)',
  },
  'softnet.droppedRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Packets dropped over packets processed',
  },
  'softnet.cpuDroppedPerSecond': {
    unit: 'perSecond',
    subject: 'CPU',
    worse: 'up',
    help: 'Received packets dropped by one CPU; only of CPUs that dropped any since boot',
  },
  'softnet.cpuTimeSqueezePerSecond': {
    unit: 'perSecond',
    subject: 'CPU',
    worse: 'up',
    help: 'Times that one CPU had to leave packets for later; only of CPUs that did since boot',
  },
  'softnet.cpuProcessedPerSecond': {
    unit: 'perSecond',
    subject: 'CPU',
    worse: 'neither',
    help: 'Received packets that one CPU handled; only of CPUs that dropped any since boot',
  },
} as const satisfies Record<string, SignalDefinition>

/** Packets that a CPU counted between two samples. */
interface Counted {
  readonly processed: number
  readonly dropped: number
  readonly timeSqueeze: number
}

export const softnet = derivation({
  start: null,
  step(state, step) {
    const interval = intervalOf(step, 'softnet')
    if (interval === null) return { state, facts: { worst: null } }
    const { signals } = step
    const { seconds } = interval
    const before = new Map(interval.before.map(cpu => [cpu.cpu, cpu]))
    let [processed, dropped, timeSqueeze, counting] = [0, 0, 0, 0]
    let worst: { cpu: number; droppedPerSecond: number } | null = null
    for (const is of interval.after) {
      const counted = countedBy(before.get(is.cpu), is)
      if (counted === null) continue
      counting++
      processed += counted.processed
      dropped += counted.dropped
      timeSqueeze += counted.timeSqueeze
      // A machine may have hundreds of CPUs: only those with something to tell get values of their own.
      const droppedPerSecond = counted.dropped / seconds
      if (droppedPerSecond > (worst?.droppedPerSecond ?? 0)) worst = { cpu: is.cpu, droppedPerSecond }
      const cpu = String(is.cpu)
      if (is.dropped > 0) signals.set('softnet.cpuDroppedPerSecond', cpu, droppedPerSecond)
      if (is.dropped > 0) signals.set('softnet.cpuProcessedPerSecond', cpu, counted.processed / seconds)
      if (is.time_squeeze > 0) signals.set('softnet.cpuTimeSqueezePerSecond', cpu, counted.timeSqueeze / seconds)
    }
    if (counting === 0) return { state, facts: { worst: null } }
    signals.set('softnet.processedPerSecond', 'node', processed / seconds)
    signals.set('softnet.droppedPerSecond', 'node', dropped / seconds)
    signals.set('softnet.timeSqueezePerSecond', 'node', timeSqueeze / seconds)
    signals.set('softnet.droppedRatio', 'node', quotient(dropped, processed))
    return { state, facts: { worst } }
  },
})

/** Null for a CPU that came online meanwhile, and in the interval in which a 32-bit counter of it began again. */
function countedBy(was: SoftnetCPU | undefined, is: SoftnetCPU): Counted | null {
  const processed = growth(was?.processed, is.processed)
  const dropped = growth(was?.dropped, is.dropped)
  const timeSqueeze = growth(was?.time_squeeze, is.time_squeeze)
  return processed === undefined || dropped === undefined || timeSqueeze === undefined
    ? null
    : { processed, dropped, timeSqueeze }
}
