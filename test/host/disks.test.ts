import type { Report } from '../../agent/report.ts'
import { afterCycles, conditionStatus, problem, reportWith, startAgent } from './agent.ts'
import * as hungDisks from './beds/hung-disk.ts'
import * as slowDisks from './beds/slow-disk.ts'
import { hostTest } from './host-test.ts'

const quick = {
  interval: '250ms',
  'rules.DiskSlow.for': '5s',
  'rules.DiskSlow.hold': '3s',
  'rules.DiskHung.hold': '2s',
}

/** Ids of the problems that these disks ever had. */
function history(...names: string[]): { seen: (report: Report) => void; ids: Set<string> } {
  const ids = new Set<string>()
  const seen = (report: Report) => {
    for (const { id, subject } of report.problems) if (names.includes(subject.name)) ids.add(id)
  }
  return { seen, ids }
}

hostTest('a disk on a throttled one is slow, by name, and clears; the others are not', slowDisks.needs, async t => {
  const bed = await slowDisks.slowDisk()
  t.teardown(bed.close)
  const others = history(bed.lower.name, bed.neighbour.name)
  const agent = await startAgent(t, { set: { ...quick, interval: '1s' } })
  const id = `DiskSlow/${bed.upper.name}`
  const report = await reportWith(agent, id, report => problem(report, id) !== undefined, others.seen)
  const slow = problem(report, id)
  t.match(slow, { condition: 'DiskSlow', severity: 'warning', subject: { kind: 'Disk', name: bed.upper.name } })
  t.match(slow?.message, bed.upperMount)
  t.ok(Number(slow?.evidence.awaitMs) > 500)
  t.equal(conditionStatus(report, 'DiskSlow'), 'True')
  bed.relieve()
  await reportWith(agent, `the end of ${id}`, report => problem(report, id) === undefined, others.seen)
  t.strictSame([...others.ids], [], 'the disk below and the neighbour stay well')
})

hostTest('a disk that a limit throttles is not slow', slowDisks.needs, async t => {
  const bed = await slowDisks.throttledDisk()
  t.teardown(bed.close)
  const disk = history(bed.disk.name)
  const agent = await startAgent(t, { set: { ...quick, 'rules.DiskSlow.for': '1s' } })
  await afterCycles(agent, 12, disk.seen)
  t.strictSame([...disk.ids], [])
})

hostTest('a disk that stops answering is hung, and well again when it answers', hungDisks.needs, async t => {
  const bed = await hungDisks.hungDisk()
  t.teardown(bed.close)
  const neighbour = history(bed.neighbour.name)
  const disk = history(bed.disk.name)
  const seen = (report: Report) => [neighbour, disk].forEach(subject => void subject.seen(report))
  const agent = await startAgent(t, { set: { ...quick, 'rules.DiskSlow.for': '1s' } })
  await afterCycles(agent, 3, seen)
  t.strictSame([...disk.ids], [], 'while it works')
  bed.hang()
  const id = `DiskHung/${bed.disk.name}`
  const report = await reportWith(agent, id, report => problem(report, id) !== undefined, seen)
  t.match(problem(report, id), { reason: 'DiskNotCompleting', severity: 'warning', evidence: { inFlight: Number } })
  t.equal(conditionStatus(report, 'DiskHung'), 'True')
  bed.release()
  const after = await reportWith(agent, `the end of ${id}`, report => problem(report, id) === undefined, seen)
  t.equal(conditionStatus(after, 'DiskHung'), 'False')
  t.strictSame([...disk.ids], [id], 'the end of a hang makes no slow disk')
  t.strictSame([...neighbour.ids], [])
})

hostTest('a frozen file system is no hung disk', hungDisks.needs, async t => {
  const bed = await hungDisks.frozenFilesystem()
  t.teardown(bed.close)
  const disk = history(bed.disk.name)
  const agent = await startAgent(t, { set: { ...quick, 'rules.DiskHung.for': '1s' } })
  await afterCycles(agent, 2, disk.seen)
  bed.hang()
  await afterCycles(agent, 12, disk.seen)
  bed.release()
  t.strictSame([...disk.ids], [])
})
