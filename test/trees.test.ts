import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Report } from '../agent/report.ts'
import { complaints } from './trees/complaints.ts'
import { damaged, damages } from './trees/damage.ts'
import { old } from './trees/old.ts'
import { type Played, play, type Scenario, START_MS, told } from './trees/scenario.ts'
import { sick } from './trees/sick.ts'
import { well } from './trees/well.ts'

// Seconds of work for a machine that has nothing else to do.
t.setTimeout(120_000)

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
  t.match(lost.problems[0]!.message, /, since 03:00:00Z, not measured since 03:03:00Z$/)
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
