import type { SignalDefinition } from '../signals.ts'
import { derivation, readingOf } from './step.ts'

export const cpuSignals = {
  'cpu.procsBlocked': {
    unit: 'count',
    subject: 'Node',
    worse: 'up',
    help: 'Tasks that wait for block I/O (procs_blocked)',
  },
} as const satisfies Record<string, SignalDefinition>

export const cpu = derivation({
  start: null,
  step(state, { curr, signals }) {
    signals.set('cpu.procsBlocked', 'node', readingOf(curr, 'cpu')?.procsBlocked)
    return { state, facts: null }
  },
})
