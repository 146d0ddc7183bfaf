import t from 'tap'
import { parseStat } from '../../collectors/cpu.ts'
import { everHeld, last, play, type Readings, samples, span } from './samples.ts'

interface Machine {
  readonly cpus?: number
  readonly running?: number
  readonly load1?: number
  /** Share of time since boot. */
  readonly idle?: number
  readonly iowait?: number
  readonly steal?: number
  readonly btime?: number
}

function machine(
  second: number,
  { cpus = 2, running = 1, load1 = 1, idle = 0, iowait = 0, steal = 0, btime = 9 }: Machine,
): Readings {
  const ticks = second * 100 * cpus
  const share = (ratio: number) => Math.round(ticks * ratio)
  const user = ticks - share(idle) - share(iowait) - share(steal)
  const each = Array.from({ length: cpus }, (_, cpu) => `cpu${cpu} 0 0 0 0\n`).join('')
  return {
    cpu: parseStat(
      `cpu ${user} 0 0 ${share(idle)} ${share(iowait)} 0 0 ${share(steal)}\n${each}intr 1\nctxt 1\nbtime ${btime}\nprocesses 1\nprocs_running ${running}\nprocs_blocked 0\n`,
    ),
    loadavg: { load1, load5: load1, load15: load1, runnable: running, entities: 200 },
  }
}

const highLoad = (seconds: number, at: (second: number) => Machine) =>
  play(
    samples(seconds, second => machine(second, at(second))),
    ['HighLoad'],
  )

t.test('HighLoad: eight burners on two CPUs', async t => {
  const outcomes = highLoad(600, second => (second <= 300 ? { running: 9, load1: 8 } : { running: 1, load1: 1 }))
  t.same(everHeld(outcomes), ['HighLoad warning'])
  t.same(span(outcomes, 'HighLoad')![0], 190, 'three minutes after the first rates')
  t.ok(span(outcomes, 'HighLoad')![1] < 450)
  const [problem] = outcomes[25]!.judgement.problems
  t.equal(problem!.reason, 'RunQueueLong')
  t.equal(problem!.message, '9 tasks want to run on 2 CPUs, idle 0 %')
  t.match(problem!.evidence, { load1: 8, onlineCPUs: 2, procsRunningMedian: 9 })
})

t.test('HighLoad: tasks blocked in the kernel while the CPUs are idle', async t => {
  // load1 as the kernel damps it, 32 tasks in D from 100 s to 600 s.
  const damped = (second: number) => {
    const risen = 32 * (1 - Math.exp(-Math.max(Math.min(second, 600) - 100, 0) / 60))
    return second <= 600 ? risen : risen * Math.exp(-(second - 600) / 60)
  }
  const outcomes = highLoad(1000, second => ({ idle: 0.99, load1: damped(second) }))
  t.same(everHeld(outcomes), ['HighLoad warning'])
  const [first, end] = span(outcomes, 'HighLoad')!
  t.ok(first >= 280 && first <= 330, `three minutes after they are many (${first})`)
  t.ok(end >= 650 && end <= 720, `a minute after they are gone (${end})`)
  t.match(outcomes[50]!.judgement.problems[0]!, { reason: 'TasksBlocked', message: /^about 31 tasks are blocked/ })
})

t.test('HighLoad: load 35 on 24 CPUs that are mostly idle is blocked tasks', async t => {
  const outcomes = highLoad(300, () => ({ cpus: 24, running: 5, load1: 34.64, idle: 0.747, iowait: 0.079 }))
  t.equal(last(outcomes).judgement.problems[0]!.reason, 'TasksBlocked')
})

t.test('HighLoad: what only looks like it', async t => {
  const afterStorm = (second: number) => (second < 100 ? 0.5 : 300 * Math.exp(-(second - 100) / 60))
  const innocent: Record<string, (second: number) => Machine> = {
    'a machine at work': () => ({ running: 3, load1: 2 }),
    'one busy task on one CPU, and the agent': () => ({ cpus: 1, running: 2, load1: 1 }),
    'a container at its quota': () => ({ running: 1, load1: 3, idle: 0.8 }),
    'thousands of threads ended': second => ({ load1: afterStorm(second), idle: 0.9 }),
    'a load average that lags': second => ({ load1: 60 * Math.exp(-second / 60), idle: 0.9 }),
    'many CPUs, all at work': () => ({ cpus: 192, running: 250, load1: 250 }),
    'a few idle driver threads in D': () => ({ load1: 5, idle: 0.99 }),
    'runnable, but CPUs are free': () => ({ running: 9, load1: 9, idle: 0.5 }),
    'bursts of tasks': second => ({ running: second % 30 === 0 ? 200 : 1, load1: 20, idle: 0.05 }),
  }
  for (const [what, at] of Object.entries(innocent)) t.same(everHeld(highLoad(900, at)), [], what)
})

t.test('CPUStolen: a tenth for five minutes', async t => {
  const stolen = (steal: number) =>
    play(
      samples(600, second => machine(second, { idle: 0.2, steal })),
      ['CPUStolen'],
    )
  t.same(span(stolen(0.25), 'CPUStolen'), [310, 600])
  t.equal(
    last(stolen(0.25)).judgement.problems[0]!.message,
    'the hypervisor takes 25 % of the CPU time from tasks that are ready to run',
  )
  t.same(everHeld(stolen(0.08)), [])
})

t.test('FDPressure: warning, critical, and systemd hosts without a limit', async t => {
  const open = (allocated: number, max: number) =>
    play(
      samples(120, () => ({ files: { allocated, max } })),
      ['FDPressure'],
    )
  t.same(everHeld(open(820, 1000)), ['FDPressure warning'])
  t.same(everHeld(open(960, 1000)), ['FDPressure critical'])
  t.same(everHeld(open(790, 1000)), [])
  t.same(everHeld(open(1e9, 2 ** 63)), [])
})

t.test('ThreadPressure: against the smaller of both limits, over at three quarters', async t => {
  const tasks = (count: (second: number) => number) =>
    play(
      samples(600, second => ({
        threads: { pidMax: 32768, threadsMax: 1000 },
        loadavg: { load1: 0, load5: 0, load15: 0, runnable: 1, entities: count(second) },
      })),
      ['ThreadPressure'],
    )
  const outcomes = tasks(second => (second < 200 ? 810 : second < 400 ? 760 : 700))
  t.same(span(outcomes, 'ThreadPressure'), [60, 450])
  t.equal(
    outcomes[10]!.judgement.problems[0]!.message,
    '810 processes and threads exist, 81 % of the 1000 that there can be',
  )
  t.same(everHeld(tasks(() => 790)), [])
})

t.test('ClockUnsynchronized: never, or not for hours; no daemon is not applicable', async t => {
  const clock = (synchronizedMs: number | null) =>
    play(
      samples(300, () => ({ clock: { daemon: 'systemd-timesyncd', synchronizedMs, startedMs: null } })),
      ['ClockUnsynchronized'],
    )
  t.same(span(clock(null), 'ClockUnsynchronized'), [120, 300])
  t.match(
    last(clock(null)).judgement.problems[0]!.message,
    /^systemd-timesyncd runs but has not synchronised the clock/,
  )
  const lost = last(clock(Date.UTC(2025, 11, 31, 12))).judgement.problems[0]!
  t.equal(
    lost.message,
    'systemd-timesyncd left its last trace of a synchronisation at 2025-12-31T12:00:00.000Z; the clock may be 16 s off or more',
  )
  t.same(everHeld(clock(Date.UTC(2025, 11, 31, 20))), [], 'four hours')
  const [finding] = last(
    play(
      samples(60, () => ({})),
      ['ClockUnsynchronized'],
    ),
  ).findings
  t.equal(finding!.outcome, 'notApplicable')
})

t.test('ClockStepped: one entry a step, ten minutes long', async t => {
  const outcomes = play(
    samples(2000, second => machine(second, { btime: second < 100 ? 5000 : second < 1000 ? 8600 : 5000 })),
    ['ClockStepped'],
  )
  t.same(everHeld(outcomes), ['ClockStepped info'])
  const said = [...new Set(outcomes.flatMap(({ judgement }) => judgement.problems.map(({ message }) => message)))]
  t.same(said, ['the wall clock was set ahead by 60 min', 'the wall clock was set back by 60 min'])
  const held = outcomes.filter(({ judgement }) => judgement.problems.length > 0).map(({ sample }) => sample.atMs / 1000)
  t.same([held[0], held.at(-1), held.length], [100, 1590, 120])
  const flutter = play(
    samples(100, second => machine(second, { btime: 5000 + ((second / 10) % 2) })),
    ['ClockStepped'],
  )
  t.same(everHeld(flutter), [], 'a second more or less is no step')
})

t.test('a clock step disturbs nothing else', async t => {
  const ids = ['HighLoad', 'MemoryShort', 'CPUStolen', 'FDPressure', 'ThreadPressure', 'MemoryFragmented']
  const outcomes = play(
    samples(600, second => machine(second, { idle: 0.9, btime: second < 100 ? 5000 : 8600 })),
    ids,
  )
  t.same(everHeld(outcomes), [])
})
