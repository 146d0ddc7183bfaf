import type { SignalDefinition } from '../signals.ts'
import { derivation, quotient, readingOf } from './step.ts'

export const limitSignals = {
  'files.allocated': { unit: 'count', subject: 'Node', worse: 'up', help: 'Open files of the whole node (file-nr)' },
  'files.usedRatio': { unit: 'ratio', subject: 'Node', worse: 'up', help: 'Open files over fs.file-max' },
  'threads.count': { unit: 'count', subject: 'Node', worse: 'up', help: 'Processes and threads (of /proc/loadavg)' },
  'threads.max': {
    unit: 'count',
    subject: 'Node',
    worse: 'neither',
    help: 'How many there can be: the smaller of kernel.pid_max and kernel.threads-max',
  },
  'threads.usedRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Processes and threads over the smaller of kernel.pid_max and kernel.threads-max',
  },
} as const satisfies Record<string, SignalDefinition>

/** How much is used of what the kernel has only so many of. */
export const limits = derivation({
  start: null,
  step(state, { curr, signals }) {
    const files = readingOf(curr, 'files')
    signals.set('files.allocated', 'node', files?.allocated)
    signals.set('files.usedRatio', 'node', quotient(files?.allocated, files?.max))
    const tasks = readingOf(curr, 'loadavg')?.entities
    const threads = readingOf(curr, 'threads')
    const max = threads && Math.min(threads.pidMax, threads.threadsMax)
    signals.set('threads.count', 'node', tasks)
    signals.set('threads.max', 'node', max)
    signals.set('threads.usedRatio', 'node', quotient(tasks, max))
    return { state, facts: null }
  },
})
