import type { Stall } from '../../collectors/pressure.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, intervalOf, ratePerSecond } from './step.ts'

const of = (what: string) =>
  ({ unit: 'ratio', subject: 'Node', worse: 'up', help: `Share of time in which ${what} (PSI)` }) as const

export const pressureSignals = {
  'pressure.cpuSomeRatio': of('some task waited for a CPU, its own quota included'),
  'pressure.memorySomeRatio': of('some task waited for memory'),
  'pressure.memoryFullRatio': of('all non-idle tasks waited for memory'),
  'pressure.ioSomeRatio': of('some task waited for I/O'),
  'pressure.ioFullRatio': of('all non-idle tasks waited for I/O'),
} as const satisfies Record<string, SignalDefinition>

export const pressure = derivation({
  start: null,
  step(state, step) {
    const interval = intervalOf(step, 'pressure')
    if (interval === null) return { state, facts: null }
    const { before, after, seconds } = interval
    const share = (was: Stall | null, is: Stall | null): number | undefined => {
      const perSecond = ratePerSecond(was?.totalMicroseconds, is?.totalMicroseconds, seconds)
      return perSecond === undefined ? undefined : Math.min(perSecond / 1e6, 1)
    }
    step.signals.set('pressure.cpuSomeRatio', 'node', share(before.cpu.some, after.cpu.some))
    step.signals.set('pressure.memorySomeRatio', 'node', share(before.memory.some, after.memory.some))
    step.signals.set('pressure.memoryFullRatio', 'node', share(before.memory.full, after.memory.full))
    step.signals.set('pressure.ioSomeRatio', 'node', share(before.io.some, after.io.some))
    step.signals.set('pressure.ioFullRatio', 'node', share(before.io.full, after.io.full))
    return { state, facts: null }
  },
})
