import { duration } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, theNode, type View } from './rule.ts'

/** Information: intervals are of the monotonic clock, so nothing else goes wrong here; but logs and certificates may. */
export const clockStepped: Rule = {
  id: 'ClockStepped',
  kind: 'event',
  severity: 'info',
  summary: 'The wall clock was set.',
  subject: 'Node',
  needs: ['cpu'],
  triggers: [
    {
      name: 'level',
      signal: 'clock.stepMs',
      unit: 'ms',
      direction: 'above',
      // btime is in full seconds: a difference of one may be a leap second or a correction by milliseconds.
      raise: 2000,
      reason: 'ClockStepped',
      forMs: 0,
      also: 'in either direction',
      observe,
    },
  ],
  remedy:
    'Time stamps of logs and events around it are not in order. If nobody set the clock, look at the time daemon: it should slew, not step.',
}

function observe({ signals }: View, levels: Levels): Observation[] | null {
  const stepMs = signals.get('clock.stepMs')
  if (stepMs === undefined) return null
  if (Math.abs(stepMs) < levels.raise) return []
  return [
    {
      subject: theNode,
      stance: 'raise',
      words: () => ({
        badness: Math.abs(stepMs),
        message: `the wall clock was set ${stepMs > 0 ? 'ahead' : 'back'} by ${duration(Math.abs(stepMs))}`,
        evidence: evidence({ stepMs }),
      }),
    },
  ]
}
