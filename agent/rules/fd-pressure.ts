import { percent } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const fdPressure: Rule = {
  id: 'FDPressure',
  kind: 'condition',
  severity: 'warning',
  summary: 'The node is running out of open files.',
  subject: 'Node',
  needs: ['files'],
  triggers: [
    {
      name: 'level',
      signal: 'files.usedRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.8,
      clear: 0.75,
      critical: 0.95,
      reason: 'FileHandlesLow',
      observe,
    },
  ],
  remedy:
    'Find who holds them (`for p in /proc/[0-9]*; do echo "$(ls $p/fd | wc -l) $(cat $p/comm)"; done 2>/dev/null | sort -n | tail`); raise fs.file-max if the use is right.',
}

function observe({ signals }: View, levels: Levels): Observation[] | null {
  const ratio = signals.get('files.usedRatio')
  const allocated = signals.get('files.allocated')
  if (ratio === undefined || allocated === undefined) return null
  return [
    {
      subject: theNode,
      stance: stanceOf(ratio, 'above', levels),
      words: () => ({
        badness: ratio,
        message: `${allocated} files are open, ${percent(ratio)} of what fs.file-max allows`,
        evidence: evidence({ allocated, usedRatio: ratio }),
      }),
    },
  ]
}
