import { percent, plural } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

const MAX_IDLE_RATIO = 0.1
/** With more iowait than this the disk is the trouble, not the CPUs. */
const MAX_IOWAIT_RATIO = 0.1
/** Blocked tasks are a remainder (load without the run queue): below this share of the run queue it may be noise. */
const MIN_BLOCKED_OF_RUNNABLE = 0.5
const FOR_MS = 180_000

export const highLoad: Rule = {
  id: 'HighLoad',
  kind: 'condition',
  severity: 'warning',
  publishAfter: '10m',
  summary: 'Far more tasks want to run than there are CPUs, or many tasks are blocked in the kernel.',
  subject: 'Node',
  needs: ['cpu', 'loadavg'],
  triggers: [
    {
      name: 'runnable',
      signal: 'cpu.runnablePerCPU',
      unit: 'count',
      direction: 'above',
      raise: 2,
      reason: 'RunQueueLong',
      forMs: FOR_MS,
      needs: ['cpu'],
      also: 'idle ≤ 10 % and iowait < 10 %; the agent itself, which runs when it reads, is not enough',
      observe: observeRunnable,
    },
    {
      name: 'blocked',
      signal: 'cpu.blockedOfLimitRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 1,
      reason: 'TasksBlocked',
      forMs: FOR_MS,
      also: '100 % is a quarter as many blocked tasks as CPUs, at least 8 and at most 32; and at least half as many as are runnable',
      observe: observeBlocked,
    },
  ],
  remedy:
    'Runnable: see who computes (`top`, `pidstat 1`) and limit or move it. Blocked: see who waits and for what (`ps -eLo tid,stat,wchan:30,comm | grep " D"`), then look at that disk or file server.',
}

function observeRunnable(view: View, levels: Levels): Observation[] | null {
  const { signals } = view
  const perCPU = signals.get('cpu.runnablePerCPU')
  const idle = signals.get('cpu.idleRatio')
  const iowait = signals.get('cpu.iowaitRatio')
  if (perCPU === undefined || idle === undefined || iowait === undefined) return null
  const running = signals.get('cpu.procsRunningMedian') ?? 0
  const cpus = signals.get('cpu.onlineCPUs') ?? 0
  // On one CPU a single busy task and the agent make two.
  const othersWait = running - 1 > cpus
  const saturated = idle <= MAX_IDLE_RATIO && iowait < MAX_IOWAIT_RATIO && othersWait
  return [
    {
      subject: theNode,
      stance: stanceOf(perCPU, 'above', levels, saturated),
      words: () => ({
        badness: perCPU / levels.raise,
        message: `${plural(Math.round(running), 'task')} want to run on ${plural(cpus, 'CPU')}, idle ${percent(idle)}`,
        evidence: figures(view),
      }),
    },
  ]
}

function observeBlocked(view: View, levels: Levels): Observation[] | null {
  const { signals } = view
  const ratio = signals.get('cpu.blockedOfLimitRatio')
  const blocked = signals.get('cpu.blockedTasks')
  if (ratio === undefined || blocked === undefined) return null
  const many = blocked >= MIN_BLOCKED_OF_RUNNABLE * (signals.get('cpu.procsRunningMedian') ?? 0)
  return [
    {
      subject: theNode,
      stance: stanceOf(ratio, 'above', levels, many),
      words: () => ({
        badness: ratio / levels.raise,
        message: `about ${plural(Math.round(blocked), 'task')} are blocked in the kernel (state D: a disk or file server that does not answer, as a rule)`,
        evidence: figures(view),
      }),
    },
  ]
}

function figures({ signals }: View): Record<string, number> {
  return evidence({
    load1: signals.get('cpu.load1'),
    load5: signals.get('cpu.load5'),
    load15: signals.get('cpu.load15'),
    onlineCPUs: signals.get('cpu.onlineCPUs'),
    procsRunningMedian: signals.get('cpu.procsRunningMedian'),
    blockedTasks: signals.get('cpu.blockedTasks'),
    idleRatio: signals.get('cpu.idleRatio'),
    iowaitRatio: signals.get('cpu.iowaitRatio'),
    ioSomeRatio: signals.get('pressure.ioSomeRatio'),
  })
}
