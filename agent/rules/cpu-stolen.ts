import { percent } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

export const cpuStolen: Rule = {
  id: 'CPUStolen',
  kind: 'finding',
  severity: 'warning',
  summary: 'The hypervisor gives the node less CPU than it asks for.',
  subject: 'Node',
  needs: ['cpu'],
  triggers: [
    {
      name: 'level',
      signal: 'cpu.stealRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.1,
      clear: 0.05,
      reason: 'CPUStolen',
      forMs: 300_000,
      observe,
    },
  ],
  remedy:
    'Look at the CPU credits of a burstable instance; else the host has noisy neighbours: move the node or take a dedicated type.',
}

function observe({ signals }: View, levels: Levels): Observation[] | null {
  const steal = signals.get('cpu.stealRatio')
  if (steal === undefined) return null
  return [
    {
      subject: theNode,
      stance: stanceOf(steal, 'above', levels),
      words: () => ({
        badness: steal,
        message: `the hypervisor takes ${percent(steal)} of the CPU time from tasks that are ready to run`,
        evidence: evidence({
          stealRatio: steal,
          idleRatio: signals.get('cpu.idleRatio'),
          load1: signals.get('cpu.load1'),
        }),
      }),
    },
  ]
}
