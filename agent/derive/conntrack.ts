import type { SignalDefinition } from '../signals.ts'
import { derivation, intervalOf, quotient, ratePerSecond, readingOf } from './step.ts'

const rate = (help: string) => ({ unit: 'perSecond', subject: 'Node', worse: 'up', help }) as const

export const conntrackSignals = {
  'conntrack.entries': {
    unit: 'count',
    subject: 'Node',
    worse: 'up',
    help: 'Tracked connections (nf_conntrack_count)',
  },
  'conntrack.max': { unit: 'count', subject: 'Node', worse: 'down', help: 'How many there may be (nf_conntrack_max)' },
  'conntrack.usedRatio': {
    unit: 'ratio',
    subject: 'Node',
    worse: 'up',
    help: 'Tracked connections over nf_conntrack_max; none where there is no limit',
  },
  'conntrack.insertFailedPerSecond': rate(
    'Packets dropped because their entry could not be inserted: two took the same tuple (insert_failed)',
  ),
  'conntrack.dropPerSecond': rate('Packets dropped because no entry could be allocated (drop)'),
  'conntrack.earlyDropPerSecond': rate('Unassured entries evicted to make room for new ones (early_drop)'),
  'conntrack.droppedPerSecond': rate('drop and early_drop together: what a full table costs'),
  'conntrack.invalidPerSecond': rate('Packets that belong to no connection (invalid)'),
  'conntrack.searchRestartPerSecond': rate('Lookups begun again because the table was resized (search_restart)'),
} as const satisfies Record<string, SignalDefinition>

export const conntrack = derivation({
  start: null,
  step(state, step) {
    const { signals, curr } = step
    const table = readingOf(curr, 'conntrack')
    signals.set('conntrack.entries', 'node', table?.count)
    signals.set('conntrack.max', 'node', table?.max)
    signals.set('conntrack.usedRatio', 'node', quotient(table?.count, table?.max))

    const interval = intervalOf(step, 'conntrackstat')
    const perSecond = (name: string): number | undefined =>
      interval === null
        ? undefined
        : ratePerSecond(interval.before.total.get(name), interval.after.total.get(name), interval.seconds)
    const drop = perSecond('drop')
    const earlyDrop = perSecond('early_drop')
    signals.set('conntrack.insertFailedPerSecond', 'node', perSecond('insert_failed'))
    signals.set('conntrack.dropPerSecond', 'node', drop)
    signals.set('conntrack.earlyDropPerSecond', 'node', earlyDrop)
    signals.set('conntrack.droppedPerSecond', 'node', drop === undefined ? earlyDrop : drop + (earlyDrop ?? 0))
    signals.set('conntrack.invalidPerSecond', 'node', perSecond('invalid'))
    signals.set('conntrack.searchRestartPerSecond', 'node', perSecond('search_restart'))
    return { state, facts: null }
  },
})
