import t from 'tap'
import { parseStat, type STATES } from '../../collectors/cpu.ts'
import type { LoadAverage } from '../../collectors/loadavg.ts'
import { last, play, type Readings, sampleAt } from './samples.ts'

type Ticks = Partial<Record<(typeof STATES)[number], number>>

/** /proc/stat of a machine with `cpus` CPUs. */
function stat(ticks: Ticks, { cpus = 4, running = 1, btime = 1764000000, ctxt = 0 } = {}): Readings {
  const columns = [
    'user',
    'nice',
    'system',
    'idle',
    'iowait',
    'irq',
    'softirq',
    'steal',
    'guest',
    'guest_nice',
  ] as const
  const each = Array.from({ length: cpus }, (_, cpu) => `cpu${cpu} 0 0 0 0\n`).join('')
  return {
    cpu: parseStat(
      `cpu ${columns.map(name => ticks[name] ?? 0).join(' ')}\n${each}intr 9 1\nctxt ${ctxt}\nbtime ${btime}\nprocesses 7\nprocs_running ${running}\nprocs_blocked 2\n`,
    ),
  }
}

const load = (load1: number): LoadAverage => ({ load1, load5: load1, load15: load1, runnable: 1, entities: 100 })
const derived = (...readings: Readings[]) =>
  last(play(readings.map((each, index) => sampleAt(index * 10, each)))).signals

t.test('shares of CPU time', async t => {
  const signals = derived(
    stat({ user: 100, nice: 10, system: 20, idle: 1000, steal: 7, guest: 50 }, { ctxt: 1000 }),
    stat(
      { user: 300, nice: 10, system: 120, idle: 1500, iowait: 100, softirq: 50, steal: 57, guest: 90 },
      { ctxt: 6000 },
    ),
  )
  t.equal(signals.get('cpu.userRatio'), 0.2, 'guests are contained in user')
  t.equal(signals.get('cpu.systemRatio'), 0.1)
  t.equal(signals.get('cpu.idleRatio'), 0.5)
  t.equal(signals.get('cpu.iowaitRatio'), 0.1)
  t.equal(signals.get('cpu.irqRatio'), 0.05)
  t.equal(signals.get('cpu.stealRatio'), 0.05)
  t.equal(signals.get('cpu.ctxtPerSecond'), 500)
  t.equal(signals.get('cpu.onlineCPUs'), 4)
})

t.test('no share on the first sample, after a reset, without time', async t => {
  const idle = (...readings: Readings[]) => derived(...readings).get('cpu.idleRatio')
  t.equal(idle(stat({ idle: 5 })), undefined)
  t.equal(idle(stat({ user: 50, idle: 5 }), stat({ user: 49, idle: 50 })), undefined, 'user fell: started again')
  t.equal(idle(stat({ idle: 5 }), stat({ idle: 5 })), undefined, 'nothing passed')
  t.equal(idle({ cpu: 'Io' }, stat({ idle: 5 })), undefined)
  t.equal(idle(stat({ user: 5, iowait: 9 }), stat({ user: 15, idle: 30, iowait: 8 })), 0.75, 'a correction is no reset')
})

t.test('run queue: the median over a minute, for each CPU', async t => {
  const queue = [8, 8, 90, 8, 1, 8, 8]
  const outcomes = play(queue.map((running, index) => sampleAt(index * 10, stat({}, { running, cpus: 2 }))))
  t.equal(last(outcomes).signals.get('cpu.procsRunningMedian'), 8, 'bursts do not count')
  t.equal(last(outcomes).signals.get('cpu.runnablePerCPU'), 4)
  t.equal(outcomes[0]!.signals.get('cpu.procsRunning'), 8)
})

/** load1 as the kernel computes it: every 5 s, from the tasks that are active then. */
function kernelLoad(activeAt: (second: number) => number, start = 0): (second: number) => number {
  const values = [start]
  const k = Math.exp(-5 / 60)
  for (let second = 5; second <= 900; second += 5) values.push(values.at(-1)! * k + activeAt(second) * (1 - k))
  return second => Math.round(values[Math.floor(second / 5)]! * 100) / 100
}

const blockedOver = (seconds: number, load1: (second: number) => number, running = 1, cpus = 2) =>
  play(
    Array.from({ length: seconds / 10 + 1 }, (_, index) =>
      sampleAt(index * 10, { ...stat({}, { running, cpus }), loadavg: load(load1(index * 10)) }),
    ),
  ).map(({ signals }) => signals.get('cpu.blockedTasks'))

t.test('blocked tasks from the load average', async t => {
  const blocked = blockedOver(
    600,
    kernelLoad(second => (second <= 300 ? 33 : 1)),
  )
  t.equal(blocked[0], undefined, 'not from one sample')
  t.ok(blocked[3]! > 10, 'seen within half a minute')
  t.ok(Math.abs(blocked[30]! - 32) < 1, 'as many as there are')
  t.ok(blocked[37]! < 1, 'gone a minute after they went, when load1 is still 11')
})

t.test('a load average that falls after thousands of threads ended is nobody blocked', async t => {
  const blocked = blockedOver(
    600,
    kernelLoad(second => (second === 100 ? 4000 : 1)),
  )
  t.ok(blocked.filter(value => value! >= 8).length <= 7, 'over within the minute of the window')
  t.ok(blocked.slice(18).every(value => value! < 2))
})

t.test('a sampling that misses or doubles a beat of the kernel does not invent tasks for long', async t => {
  const falling = kernelLoad(() => 0, 300)
  const jitter = [0, 4, -4, 4, -4, 0, 4, 4, -4]
  const shaken = blockedOver(300, second => falling(second + jitter[(second / 10) % jitter.length]!))
  t.ok(shaken.slice(12).every(value => value! < 8))
})

t.test('a long run queue is not blocked tasks', async t => {
  t.equal(
    last(
      blockedOver(
        300,
        kernelLoad(() => 40),
        41,
      ),
    ),
    0,
  )
})

t.test('many is a quarter of the CPUs, within bounds', async t => {
  const ratio = (cpus: number) =>
    derived(
      { ...stat({}, { cpus, running: 0 }), loadavg: load(32) },
      { ...stat({}, { cpus, running: 0 }), loadavg: load(32) },
    ).get('cpu.blockedOfLimitRatio')
  t.equal(Math.round(ratio(2)! * 100) / 100, 4)
  t.equal(Math.round(ratio(64)! * 100) / 100, 2)
  t.equal(Math.round(ratio(192)! * 100) / 100, 1)
})

t.test('open files and threads', async t => {
  const signals = derived({
    files: { allocated: 831, max: 2 ** 63 },
    threads: { pidMax: 32768, threadsMax: 192730 },
    loadavg: { load1: 0, load5: 0, load15: 0, runnable: 1, entities: 16384 },
  })
  t.equal(signals.get('files.allocated'), 831)
  t.ok(signals.get('files.usedRatio')! < 1e-12, 'LONG_MAX is no limit')
  t.equal(signals.get('threads.max'), 32768)
  t.equal(signals.get('threads.usedRatio'), 0.5)
  t.equal(derived({ threads: 'Denied' }).get('threads.usedRatio'), undefined)
})

t.test('steps of the wall clock, also over a gap', async t => {
  const steps = play([
    sampleAt(0, stat({}, { btime: 1764000000 })),
    sampleAt(10, stat({}, { btime: 1764003600 })),
    sampleAt(20, { cpu: 'Io' }),
    sampleAt(30, stat({}, { btime: 1764000000 })),
    sampleAt(630, stat({}, { btime: 1764000600 })),
  ]).map(({ signals }) => signals.get('clock.stepMs'))
  t.same(steps, [undefined, 3_600_000, undefined, -3_600_000, 600_000])
})

t.test('how wrong the clock may be', async t => {
  const wallMs = sampleAt(0, {}).wallMs
  const error = (synchronizedMs: number | null, startedMs: number | null = null) =>
    derived({ clock: { daemon: 'chronyd', synchronizedMs, startedMs } }).get('clock.maxErrorMs')
  t.equal(error(null), 16_000, 'never synchronised')
  t.equal(error(wallMs), 0)
  t.equal(error(wallMs - 2_000_000), 1000, '500 ppm')
  t.equal(error(wallMs - 86_400_000), 16_000, 'as the kernel, not more')
  t.equal(error(wallMs - 86_400_000, wallMs - 200_000), 100, 'a drift file older than the daemon says nothing yet')
  t.equal(error(wallMs + 5000), 0, 'a stamp of the future')
  t.equal(derived({}).get('clock.maxErrorMs'), undefined, 'no time daemon')
})
