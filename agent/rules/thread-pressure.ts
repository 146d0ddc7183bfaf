import { percent } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const threadPressure: Rule = {
  id: 'ThreadPressure',
  kind: 'condition',
  severity: 'warning',
  summary: 'The node is running out of process and thread ids.',
  subject: 'Node',
  needs: ['threads', 'loadavg'],
  triggers: [
    {
      name: 'level',
      signal: 'threads.usedRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.8,
      clear: 0.75,
      critical: 0.95,
      reason: 'ThreadsLow',
      observe,
    },
  ],
  remedy:
    'Find who has so many (`ps -eo nlwp,pid,comm --sort=nlwp | tail`), set a pod pids limit (podPidsLimit); raise kernel.pid_max or kernel.threads-max if the use is right.',
}

function observe({ signals }: View, levels: Levels): Observation[] | null {
  const ratio = signals.get('threads.usedRatio')
  const count = signals.get('threads.count')
  const max = signals.get('threads.max')
  if (ratio === undefined) return null
  return [
    {
      subject: theNode,
      stance: stanceOf(ratio, 'above', levels),
      words: () => ({
        badness: ratio,
        message: `${count} processes and threads exist, ${percent(ratio)} of the ${max} that there can be`,
        evidence: evidence({ count, max, usedRatio: ratio }),
      }),
    },
  ]
}
