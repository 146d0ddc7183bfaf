import { statSync, truncateSync } from 'node:fs'
import { conditionStatus, problem, reportWith, startAgent } from './agent.ts'
import * as dockers from './beds/docker.ts'
import { until } from './beds/wait.ts'
import { hostTest } from './host-test.ts'

const MIB = 1 << 20

hostTest('a container that floods its log is named, the quiet one is not', dockers.needs, async t => {
  const bed = await dockers.docker(20 * MIB, 160 * MIB)
  t.teardown(bed.close)
  const { namespace, pod, container, id: containerId, log } = bed.flooding
  const rule = 'rules.ContainerLogPressure'
  const agent = await startAgent(t, {
    set: {
      'places.dockerRoots': JSON.stringify([bed.dataRoot]),
      [`${rule}.triggers.size.raise`]: '64Mi',
      [`${rule}.triggers.size.for`]: '2s',
      [`${rule}.triggers.growth.for`]: '2s',
      [`${rule}.hold`]: '2s',
    },
  })
  const named = new Set<string>()
  const id = `ContainerLogPressure/${containerId.slice(0, 12)}`
  const report = await reportWith(
    agent,
    id,
    report => problem(report, id)?.reason === 'ContainerLogLarge',
    report => {
      for (const { culprits } of report.problems) for (const culprit of culprits) named.add(culprit.containerId ?? '')
    },
  )
  const flooding = problem(report, id)
  t.match(flooding?.culprits, [{ kind: 'Container', namespace, pod, container, containerId }])
  for (const name of [namespace, pod, container, log]) t.match(flooding?.message, name)
  t.ok(Number(flooding?.evidence.sizeBytes) >= 64 * MIB)
  t.equal(conditionStatus(report, 'ContainerLogPressure'), 'True')
  t.strictSame([...named], [containerId])

  await until('the end of the flood', grownNoMore(log))
  truncateSync(log)
  await reportWith(agent, `the end of ${id}`, report => problem(report, id) === undefined)
  t.pass('truncating the file, as the remedy says, ends it')
})

function grownNoMore(log: string): () => boolean {
  let last = -1
  return () => {
    const { size } = statSync(log)
    const same = size === last
    last = size
    return same && size >= 150 * MIB
  }
}
