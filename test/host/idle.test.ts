import { readFileSync } from 'node:fs'
import type { Report } from '../../agent/report.ts'
import { afterCycles, startAgent } from './agent.ts'
import { childrenOf, descriptors } from './beds/kernel.ts'
import { hostTest } from './host-test.ts'

/** Two minutes of twenty times as many cycles as by default, so that what a cycle leaks shows twenty times as much. */
const INTERVAL_SECONDS = 0.5
const CYCLES = 120 / INTERVAL_SECONDS
/** Of these until the heap has its size and all is judged for the first time. */
const WARM_UP_CYCLES = 60
/** A heap without room for garbage: by default what grows within minutes is what has not been collected yet. */
const SMALL_HEAP = ['--max-old-space-size=64', '--max-semi-space-size=1']
/** The history fills for half an hour (a bound of its own), and fragments. A report kept in each cycle would be past it. */
const RSS_TOLERANCE = 10 << 20
/** Of load by others on a machine that is not only ours the agent may not know that it is none of its business. */
const CAUSED_BY_OTHERS = new Set(['HighLoad', 'CPUStolen', 'DiskSlow', 'MemoryShort'])

hostTest('two idle minutes: no problem, no flap, no growth', {}, async t => {
  const agent = await startAgent(t, { set: { interval: `${INTERVAL_SECONDS * 1000}ms` }, node: SMALL_HEAP })
  const problems = new Set<string>()
  const reports: Report[] = []
  const open: number[] = []
  const children: number[] = []
  await afterCycles(agent, CYCLES, report => {
    reports.push(report)
    for (const { id, severity } of report.problems) if (severity !== 'info') problems.add(id)
    open.push(descriptors(agent.pid).length)
    children.push(childrenOf(agent.pid).length)
  })
  t.strictSame(
    [...problems].filter(id => !CAUSED_BY_OTHERS.has(id.split('/')[0] ?? '')),
    [],
  )
  const flapping = reports.at(-1)?.conditions.filter(({ type }) => {
    const states = reports
      .slice(WARM_UP_CYCLES)
      .map(({ conditions }) => conditions.find(condition => condition.type === type)?.status)
    return new Set(states).size > 1
  })
  t.strictSame(
    flapping?.filter(({ type }) => !CAUSED_BY_OTHERS.has(type)),
    [],
  )

  const rss = reports.map(({ agent }) => agent.rssBytes ?? 0).slice(WARM_UP_CYCLES)
  const third = Math.floor(rss.length / 3)
  const grown = least(rss.slice(-third)) - least(rss.slice(0, third))
  t.ok(grown < RSS_TOLERANCE, `RSS ${median(rss) >> 20} MiB, grown by ${Math.round(grown / 1024)} KiB`)
  t.ok(least(open.slice(-5)) <= least(open.slice(WARM_UP_CYCLES, WARM_UP_CYCLES + 5)), `${least(open)} descriptors`)
  t.ok(Math.max(...children.slice(WARM_UP_CYCLES)) <= 1, 'one helper')
  t.comment(`RSS in MiB: ${rss.filter((_, at) => at % 20 === 0).map(bytes => bytes >> 20)}`)
  t.comment(
    `CPU of a cycle: ${median(reports.map(({ agent }) => agent.cycle.cpuMs ?? 0))} ms; ${processLine(agent.pid)}`,
  )
})

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
/** Our own question is a connection more at the moment of looking. */
const least = (values: number[]): number => Math.min(...values)

const processLine = (pid: number): string =>
  readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .filter(line => /^(RssAnon|Threads)/.test(line))
    .join(', ')
