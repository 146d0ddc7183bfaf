/** Real faults on sick nodes: the shipped bundle runs in a virtual machine with each of two kernels, sees each fault, accuses nobody else and lets go again.
 *  RECORD=1 also keeps a capture of each scenario in test/fixtures/captures, for test/captures.test.ts. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bootGuest, inWords, kernelDir, missingParts, type Outcome, type Problem } from './harness.ts'
import { impatientConfig } from './impatient.ts'

const root = join(import.meta.dirname, '../..')
const bundle = process.env.BUNDLE ?? join(root, 'dist/node-agent.cjs')
const captures = join(root, 'test/fixtures/captures')
const record = process.env.RECORD === '1'

/** What must be said of each fault; null: nothing of warning or above. The id with the kernel's name of the device comes from the scenario itself. */
const expected: Record<string, Expected | null> = {
  calm: null,
  'disk-hung-server': { id: /^DiskHung\/vd[a-z]$/, reason: 'DiskNotCompleting', role: 'node' },
  'disk-hung-dm': { id: /^DiskHung\/dm-\d+$/, reason: 'DiskNotCompleting', role: 'volume' },
  'disk-slow': { id: /^DiskSlow\/dm-\d+$/, reason: 'DiskLatencyHigh', role: 'node' },
  'memory-short-held': { id: /^MemoryShort$/, reason: 'MemoryAvailableLow', role: 'node' },
  'memory-short-thrash': {
    id: /^MemoryShort$/,
    reason: /^Memory(AvailableLow|Stalls)$/,
    role: 'node',
    also: /^HighLoad$/,
  },
  'memory-fragmented': { id: /^MemoryFragmented$/, reason: 'MemoryFragmented', role: 'node', also: /^MemoryShort$/ },
  'conntrack-full': {
    id: /^ConntrackPressure$/,
    reason: 'ConntrackTableFilling',
    role: 'node',
    also: /^ConntrackDrops$/,
  },
  'readonly-ext4': { id: /^ReadonlyFilesystem\/\/var\/lib\/kubelet$/, reason: /./, role: 'node' },
  'readonly-btrfs': { id: /^ReadonlyFilesystem\/\/var\/lib\/kubelet$/, reason: /./, role: 'node' },
  'cpu-throttled': null,
  'clock-step': null,
  'load-blocked': { id: /^HighLoad$/, reason: 'TasksBlocked', role: 'node' },
  'load-runnable': { id: /^HighLoad$/, reason: 'RunQueueLong', role: 'node' },
}

/** `also`: what may be said beside it, because it is true too: to fragment memory it is filled first. */
type Expected = { id: RegExp; reason: string | RegExp; role: string; also?: RegExp }

const kernels = ['5.10', '6.12']
// The guests mostly wait: two of them go well on two cores. They begin at different places, so that what wants the whole machine comes at different times.
t.jobs = kernels.length
t.setTimeout(0)
const scenarios = Object.keys(expected)

for (const [index, kernel] of kernels.entries()) {
  const first = Math.floor((index * scenarios.length) / kernels.length)
  const why = await whyNot(kernel)
  const mustRun = process.env.CI === 'true'
  t.test(`kernel ${kernel}`, { skip: mustRun ? false : why, timeout: 2_700_000 }, async t => {
    if (why) {
      t.fail(why)
      return
    }
    await using guests = new AsyncDisposableStack()
    const { outcomes, agentLog } = await runAll(
      t,
      kernel,
      [...scenarios.slice(first), ...scenarios.slice(0, first)],
      guests,
    )
    for (const outcome of outcomes) {
      await t.test(outcome.scenario, async t => {
        judge(t, outcome, expected[outcome.scenario] ?? null)
        if (!t.passing()) t.comment(inWords(outcome))
        else if (record) await keepCapture(kernel, outcome)
      })
    }
    t.match(agentLog, /node-agent stopped.*agent ended with 0/s, 'the agent ran to the end and stopped in order')
  })
}

/** The faults may take the guest's kernel down with them: what it did not get to runs in a fresh guest, once. */
async function runAll(t: Test, kernel: string, wanted: readonly string[], guests: AsyncDisposableStack) {
  const outcomes: Outcome[] = []
  let agentLog = ''
  for (let left = [...wanted], boots = 1; left.length > 0 && boots <= 2; boots++) {
    const guest = guests.use(
      await bootGuest({
        kernel,
        scenarios: left,
        agent: { bundle, config: impatientConfig(rulesOf(bundle)), record },
        onScenario: ({ scenario, result }) => t.comment(`${kernel} ${scenario}: ${result}`),
      }),
    )
    agentLog = guest.agentLog
    const ended = guest.outcomes.filter(({ result }) => boots === 2 || result !== 'never ended')
    outcomes.push(...ended)
    left = left.filter(name => !ended.some(({ scenario }) => scenario === name))
    if (left.length > 0) t.comment(`the guest ended before ${left[0]}: ${guest.console.slice(-3000)}`)
  }
  return { outcomes, agentLog }
}

/** Of the bundle that is tested, not of the sources. */
function rulesOf(file: string): { id: string; forMs: number }[] {
  return JSON.parse(execFileSync(process.execPath, [file, 'rules', '--output', 'json'], { encoding: 'utf8' }))
}

async function whyNot(kernel: string): Promise<string | false> {
  const missing = await missingParts()
  if (!existsSync(bundle)) missing.push('dist/node-agent.cjs is not there (npm run build)')
  if (missing.length === 0)
    await kernelDir(kernel).catch((error: Error) => missing.push(`no kernel ${kernel}: ${error.message}`))
  return missing.length > 0 && `no VM bed: ${missing.join('; ')}`
}

function loud(problems: Problem[]): Problem[] {
  return problems.filter(({ severity }) => severity !== 'info')
}

function judge(t: Test, outcome: Outcome, wanted: Expected | null): void {
  t.equal(outcome.result, 'ok', 'the fault was there and went away, and so did the verdict')
  const of = (phase: string) => outcome.reports.filter(each => each.phase === phase).map(({ report }) => report)
  const during = (phase: string) => of(phase).flatMap(({ problems }) => loud(problems))

  t.strictSame(ids(during('calm')), [], 'nothing is raised before')
  const fault = during('fault')
  const hit = fault.filter(({ id }) => wanted?.id.test(id))
  const others = (problems: Problem[]): string[] =>
    ids(problems.filter(({ id }) => !wanted?.id.test(id) && !wanted?.also?.test(id)))
  t.strictSame(others(fault), [], 'nobody else is accused')
  t.equal(of('fault').length > 0, true, 'the agent reports during the fault')
  if (wanted) {
    const [first] = hit
    t.ok(first, `a problem like ${wanted.id} is raised`)
    t.match(first?.reason, wanted.reason)
    t.equal(first?.subject.role, wanted.role)
    t.equal(new Set(hit.map(({ id }) => id)).size, 1, 'one problem for one cause')
    const last = of('fault').at(-1)
    t.ok(last && loud(last.problems).some(({ id }) => wanted.id.test(id)), 'it holds as long as the fault')
  }
  t.strictSame(others(during('clear')), [], 'the end of the fault is no fault')
  const end = of('clear').at(-1)
  t.strictSame(ids(loud(end?.problems ?? [])), [], 'it is over')
  t.strictSame(
    end?.conditions.filter(({ status }) => status === 'True').map(({ type }) => type),
    [],
    'no condition is left',
  )
  const failed = outcome.reports.flatMap(({ report }) =>
    Object.entries(report.collectors).filter(([, { status }]) => status === 'failed'),
  )
  t.strictSame(failed, [], 'no collector fails')
}

function ids(problems: Problem[]): string[] {
  return [...new Set(problems.map(p => `${p.id}: ${p.message}`))]
}

async function keepCapture(kernel: string, { scenario, dir }: Outcome): Promise<void> {
  await mkdir(captures, { recursive: true })
  await copyFile(join(dir, 'capture'), join(captures, `vm-${kernel}-${scenario}.capture`))
}
