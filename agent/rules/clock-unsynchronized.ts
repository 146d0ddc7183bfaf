import type { ClockSync } from '../../collectors/clock.ts'
import { duration } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const clockUnsynchronized: Rule = {
  id: 'ClockUnsynchronized',
  kind: 'condition',
  severity: 'warning',
  summary: 'The time daemon of the node has not set the clock right for hours, or never.',
  subject: 'Node',
  needs: ['clock'],
  triggers: [
    {
      name: 'level',
      signal: 'clock.maxErrorMs',
      unit: 'ms',
      direction: 'above',
      raise: 16_000,
      reason: 'ClockNotSynchronized',
      forMs: 120_000,
      also: 'no local time daemon that tells: NotApplicable',
      observe,
    },
  ],
  remedy:
    'Look at `timedatectl timesync-status` or `chronyc tracking` and at the reachability of the time servers (UDP 123); certificates, leases and logs depend on the clock.',
}

function observe({ signals, facts }: View, levels: Levels): Observation[] | null {
  const maxErrorMs = signals.get('clock.maxErrorMs')
  const { clock } = facts
  if (maxErrorMs === undefined || clock === null) return null
  return [
    {
      subject: theNode,
      stance: stanceOf(maxErrorMs, 'above', levels),
      words: () => ({
        badness: maxErrorMs,
        message: `${lastTime(clock)}; the clock may be ${duration(maxErrorMs)} off or more`,
        evidence: { ...evidence({ maxErrorMs }), daemon: clock.daemon },
      }),
    },
  ]
}

function lastTime({ daemon, synchronizedMs }: ClockSync): string {
  if (synchronizedMs === null) return `${daemon} runs but has not synchronised the clock since it was started`
  return `${daemon} left its last trace of a synchronisation at ${new Date(synchronizedMs).toISOString()}`
}
