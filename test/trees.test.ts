import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Report } from '../agent/report.ts'
import { ruleCatalogue } from '../agent/rules/index.ts'
import { type Damage, damaged, damages, WAYS } from './trees/damage.ts'
import { old } from './trees/old.ts'
import { type Played, play, type Scenario, START_MS, told } from './trees/scenario.ts'
import { sick } from './trees/sick.ts'
import { well } from './trees/well.ts'

const GOLDEN = join(import.meta.dirname, 'golden')
const UPDATE = process.env.UPDATE_GOLDEN === '1'

for (const scenario of well) {
  t.test(scenario.name, async t => {
    const played = await play(scenario)
    expectTold(t, scenario, played)
    t.strictSame(unknownConditions(played), [], 'conditions that are Unknown after two frames')
    t.strictSame([...new Set(played.reports.map(({ verdict }) => verdict))], ['Healthy'], 'verdict of all reports')
    golden(t, scenario, played)
  })
}

for (const scenario of [...sick, ...old]) {
  t.test(scenario.name, async t => {
    const played = await play(scenario)
    expectTold(t, scenario, played)
    t.strictSame(unknownConditions(played), [], 'conditions that are Unknown after two frames')
    golden(t, scenario, played)
  })
}

t.test('evidence that is lost for five minutes takes no problem away', async t => {
  const { timeline, reports } = await play({
    name: 'lost',
    seconds: 720,
    everySeconds: 20,
    frame(machine, when) {
      machine.conntrack(when.second < 600 ? 240_000 : 8000)
      if (when.within(200, 500)) machine.put('proc/sys/net/netfilter/nf_conntrack_count', 'garbage\n')
    },
  })
  t.match(timeline, [{ id: 'ConntrackPressure', startMs: 0, endMs: 600_000 }])
  t.equal(timeline.length, 1)
  const condition = ({ conditions }: Report) => conditions.find(({ type }) => type === 'ConntrackPressure')!
  t.strictSame(transitions(reports), ['+40 s ConntrackPressure True', '+660 s ConntrackPressure False'])
  const lost = reports[20]!
  t.equal(lost.verdict, 'Degraded')
  t.match(lost.problems[0]!.message, / \(not measured since\)$/)
  t.equal(condition(lost).lastTransitionTime, condition(reports[3]!).lastTransitionTime)
})

t.test('a forecast is within 20 % of the truth', async t => {
  const scenario = sick.find(({ name }) => name === 'the kubelet file system fills at a constant rate')!
  const { reports } = await play(scenario)
  for (const { time, signals } of reports) {
    const second = (Date.parse(time) - START_MS) / 1000
    const told = signals['filesystem.timeToLineMs']?.find(({ subject }) => subject === '/var/lib/kubelet')?.value
    // From 36 % available to 10 % at 0.05 % a second.
    const truth = Math.max(520 - second, 0) * 1000
    if (second >= 600) break
    if (told !== undefined) t.ok(Math.abs(told - truth) <= 0.2 * truth + 1, `${told} ms at ${second} s`)
    else t.ok(second < 60, `no forecast at ${second} s`)
  }
})

t.test('each golden report is of a scenario', async t => {
  const names = [...well, ...sick, ...old].map(goldenName)
  t.strictSame(readdirSync(GOLDEN).toSorted(), names.toSorted())
  t.equal(new Set(names).size, names.length, 'names differ')
})

t.test(
  'each file damaged in each way: its readers say so, its rules are Unknown in time, all others go on',
  async t => {
    const healthy = (await play({ name: 'healthy', seconds: 120, everySeconds: 60 })).final
    for (const damage of damages) {
      const { timeline, reports } = await play(damaged(damage))
      t.strictSame(
        timeline.map(({ id }) => id),
        [],
        `${damage.path}: no problem`,
      )
      t.strictSame(complaints(damage, healthy, reports), [], damage.path)
    }
  },
)

/** What is not as it should be in the reports of a damaged file, in words. */
function complaints(damage: Damage, healthy: Report, reports: readonly Report[]): string[] {
  const wrong: string[] = []
  const before = reports[1]!
  const after = reports.at(-1)!
  for (const [index, report] of reports.entries()) {
    const way = WAYS[index - 2]?.[0] ?? 'healthy'
    const complain = (what: string) => wrong.push(`${way}, frame ${index}: ${what}`)
    for (const text of ofCollectors(damage, way, healthy, report)) complain(text)
    for (const text of ofConditions(damage, way, index, report)) complain(text)
    const failed = Object.entries(report.collectors).some(
      ([name, { status }]) => status === 'failed' && NEEDED.has(name),
    )
    if (index > 0 && report.verdict !== (failed ? 'Unknown' : 'Healthy')) complain(`verdict ${report.verdict}`)
  }
  const transitions = ({ conditions }: Report) => conditions.map(({ type, lastTransitionTime: at }) => `${type} ${at}`)
  if (transitions(after).join() !== transitions(before).join()) wrong.push(`transitions ${transitions(after)}`)
  return wrong
}

const NEEDED = new Set<string>(ruleCatalogue.flatMap(({ needs }) => needs))

/** One sentence, with the file's name. */
const SENTENCE = /^\P{Cc}{10,310}$/u

function ofCollectors({ path, readers }: Damage, way: string, healthy: Report, report: Report): string[] {
  return Object.entries(report.collectors).flatMap(([name, { status, error }]) => {
    const before = healthy.collectors[name]!.status
    if (way === 'healthy' || !readers.some(reader => reader === name))
      return status === before ? [] : [`${name} is ${status}: ${error}`]
    if (way === 'truncated' && status === before) return []
    // Only regular files of that name are looked for.
    if (way === 'a directory' && path.endsWith('config.v2.json')) return []
    if (status !== 'failed') return [`${name} is ${status}`]
    const says = SENTENCE.test(error ?? '') && error!.includes(path.replace(/^(proc\/sys|statfs)?.*\//, ''))
    return says ? [] : [`${name} says ${JSON.stringify(error)}`]
  })
}

function ofConditions({ readers }: Damage, way: string, index: number, { conditions }: Report): string[] {
  const lost = index >= 4 && index < 2 + WAYS.length && way !== 'truncated'
  return conditions.flatMap(({ type, status, reason }) => {
    if (index === 0) return []
    const { needs } = ruleCatalogue.find(({ id }) => id === type)!
    const hit = needs.some(need => readers.includes(need) && !PARTIAL.has(need))
    if (!hit) return status === 'False' ? [] : [`${type} is ${status}: ${reason}`]
    if (lost) return status === 'Unknown' && reason === 'EvidenceMissing' ? [] : [`${type} is ${status}: ${reason}`]
    // Rates take a frame to come back.
    return status === 'False' || (way !== 'healthy' && index > 2) || index === 2 + WAYS.length
      ? []
      : [`${type} is ${status}`]
  })
}

/** Read in parts: what one file lacks leaves the rest. */
const PARTIAL = new Set<string>(['sysctls'])

function expectTold(t: Test, scenario: Scenario, played: Played): void {
  t.strictSame(told(played), scenario.expect ?? [], 'the timeline holds this and nothing else')
}

/** With a single frame there are no rates to judge by. */
function unknownConditions({ reports }: Played): string[] {
  const unknown = reports.slice(1).flatMap(({ conditions }) => conditions.filter(({ status }) => status === 'Unknown'))
  return [...new Set(unknown.map(({ type, reason }) => `${type} ${reason}`))]
}

/** `192-cpus-and-1-tib.json` */
function goldenName({ name }: Scenario): string {
  return `${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}.json`
}

/** Compares what a person would read with the file of before; `UPDATE_GOLDEN=1` rewrites it. */
function golden(t: Test, scenario: Scenario, played: Played): void {
  const path = join(GOLDEN, goldenName(scenario))
  const is = withoutVolatile(played, scenario.name === 'healthy')
  if (UPDATE) writeFileSync(path, `${JSON.stringify(is, null, 2)}\n`)
  t.strictSame(JSON.parse(JSON.stringify(is)), JSON.parse(readFileSync(path, 'utf8')), goldenName(scenario))
}

/** When conditions became True and False again: `+100 s DiskSlow True`. */
function transitions(reports: readonly Report[]): string[] {
  const wasTrue = new Set<string>()
  const changed: string[] = []
  for (const { time, conditions } of reports) {
    for (const { type, status } of conditions) {
      if ((status === 'True') === wasTrue.has(type)) continue
      if (status === 'True') wasTrue.add(type)
      else wasTrue.delete(type)
      changed.push(`+${(Date.parse(time) - START_MS) / 1000} s ${type} ${status}`)
    }
  }
  return changed
}

/** Timeline and last report without what differs from run to run or says the same in each: remedies, what is well. */
function withoutVolatile({ timeline, final, reports }: Played, whole: boolean) {
  const { verdict, time, conditions, collectors, signals } = final
  return {
    timeline: timeline.map(({ remedy: _, runbook: __, ...entry }) => entry),
    conditions: transitions(reports),
    final: {
      time,
      verdict,
      problems: final.problems.map(({ id, severity }) => `${id} ${severity}`),
      conditions: conditions.filter(({ reason, type }) => whole || reason !== `No${type}`),
      collectors: Object.fromEntries(
        Object.entries(collectors)
          .filter(([, { status }]) => whole || status !== 'ok')
          .map(([name, { status, error }]) => [name, error === null ? status : `${status}: ${error}`]),
      ),
      ...(whole ? { signals } : {}),
    },
  }
}
