/** A sick node in a box: boots a Debian kernel in QEMU (no KVM needed) with this machine's root below it, read-only, runs scenarios there and hands back what they
 *  left. By hand: `node test/vm/harness.ts 6.12 disk-slow calm` prints the evidence; KEEP=1 leaves the run's directory. */

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { access, copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = import.meta.dirname

export type Plan = {
  /** The kernel's series, as kernels.sh knows it: 5.10, 6.1, 6.12. */
  kernel: string
  /** Names of files in scenarios/, run one after the other in one boot. */
  scenarios: string[]
  memoryMb?: number
  /** Runs this bundle in the guest: the scenarios then wait for its verdicts too. Without it only the faults themselves are shown. */
  agent?: { bundle: string; config: string; record?: boolean }
  /** Called when a scenario has ended, while the guest goes on. */
  onScenario?: (outcome: Outcome) => void
}

export type Outcome = {
  scenario: string
  ok: boolean
  result: string
  evidence: string
  log: string
  /** Every report of the agent, with the phase in which it was asked for. */
  reports: Phased[]
  dir: string
}

export type Phased = { phase: string; report: Report }

/** What the tests look at in a report. */
export type Report = {
  verdict: string
  problems: Problem[]
  conditions: { type: string; status: string; reason: string }[]
  collectors: Record<string, { status: string; error?: string }>
}

export type Problem = {
  id: string
  reason: string
  severity: string
  subject: { kind: string; name: string; role: string; displayName?: string }
  message: string
  evidence: Record<string, unknown>
}

export type Run = AsyncDisposable & { dir: string; console: string; agentLog: string; outcomes: Outcome[] }

/** Virtio disks by serial. `hang` is served by a process of its own that can be stopped; `spare` is for dm devices; `calm` is the innocent neighbour's. */
const disks = { hang: '128M', spare: '512M', calm: '64M' } as const
/** Longer than all scenarios take on a busy machine. Each of their waits has a limit of its own. */
const guestSeconds = 1300

/** What this machine lacks for the bed, each as a sentence; an empty list means it can run. */
export async function missingParts(): Promise<string[]> {
  const needed: Record<string, string> = {
    '/usr/bin/qemu-system-x86_64': 'qemu-system-x86',
    '/usr/bin/qemu-nbd': 'qemu-utils',
    '/usr/bin/python3': 'python3',
    '/bin/busybox': 'busybox-static',
    '/usr/bin/cpio': 'cpio',
    '/usr/bin/xz': 'xz-utils',
    '/sbin/modprobe': 'kmod',
    '/sbin/dmsetup': 'dmsetup',
    '/sbin/mkfs.ext4': 'e2fsprogs',
    '/sbin/mkfs.btrfs': 'btrfs-progs',
    '/sbin/ip': 'iproute2',
    '/sbin/nft': 'nftables',
  }
  const missing: string[] = []
  for (const [file, pkg] of Object.entries(needed)) {
    const there = await access(file).then(
      () => true,
      () =>
        access(`/usr${file}`).then(
          () => true,
          () => false,
        ),
    )
    if (!there) missing.push(`${file} is not there (Debian package ${pkg})`)
  }
  if (process.getuid?.() !== 0) missing.push('only root can read all of the files that the guest sees')
  return missing
}

/** The unpacked kernel's directory; fetched on first use. */
export async function kernelDir(series: string): Promise<string> {
  const { stdout } = await run(join(here, 'kernels.sh'), [series], { timeout: 600_000 })
  return stdout.trim()
}

/** Ends what was started here, by pid, in reverse order. Also when this process is told to end. */
class Cleaner {
  readonly #steps: (() => unknown)[] = []
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    void this.run().finally(() => process.kill(process.pid, signal))
  }
  readonly #children = new Set<ChildProcess>()
  // Whatever ends this process: nothing of ours stays.
  readonly #onExit = (): void => {
    for (const child of this.#children) child.kill('SIGCONT') && child.kill()
  }
  constructor() {
    process.once('SIGINT', this.#onSignal).once('SIGTERM', this.#onSignal).once('exit', this.#onExit)
  }
  add(step: () => unknown): void {
    this.#steps.push(step)
  }
  child(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#children.add(child)
    const ended = new Promise(resolve => child.once('exit', resolve))
    this.add(async () => {
      if (child.exitCode === null && child.signalCode === null && child.kill(signal)) await ended
    })
  }
  async run(): Promise<void> {
    process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal)
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) await step()
    process.off('exit', this.#onExit)
  }
}

export async function bootGuest(plan: Plan): Promise<Run> {
  const cleaner = new Cleaner()
  try {
    const kernel = await kernelDir(plan.kernel)
    const dir = await mkdtemp(join(tmpdir(), `node-agent-vm-${plan.kernel}-`))
    if (!process.env.KEEP) cleaner.add(() => rm(dir, { recursive: true, force: true }))
    const results = join(dir, 'results')
    await mkdir(results)
    await writeFile(join(results, 'env'), await environment(plan, results))
    await run(join(here, 'mkinitrd.sh'), [kernel, join(dir, 'initrd')], { timeout: 60_000 })
    for (const [name, size] of Object.entries(disks)) await makeDisk(join(dir, name), size)
    const server = await serveDisk(join(dir, 'hang'), join(dir, 'nbd'), cleaner)

    const guest = await startGuest(plan, { kernel, dir, results }, cleaner)
    const ended = new Promise<void>((resolve, reject) => guest.once('exit', () => resolve()).once('error', reject))
    const watching = new AbortController()
    const watcher = watch(plan, results, server, watching.signal)
    // Without its host the guest would wait in vain.
    watcher.catch(() => guest.kill())
    await ended
    watching.abort()
    await watcher

    const outcomes = await Promise.all(plan.scenarios.map(name => readOutcome(results, name)))
    const console = await readFile(join(dir, 'console'), 'utf8')
    const agentLog = await readFile(join(results, 'agent.log'), 'utf8').catch(() => '')
    return { dir, console, agentLog, outcomes, [Symbol.asyncDispose]: () => cleaner.run() }
  } catch (error) {
    await cleaner.run()
    throw error
  }
}

/** The variables of the guest's scripts, and the agent's files beside them. The bundle is copied: a build may replace it meanwhile. */
async function environment({ scenarios, agent }: Plan, results: string): Promise<string> {
  const lines = [`SCENARIOS='${scenarios.join(' ')}'`]
  if (agent) {
    await copyFile(agent.bundle, join(results, 'node-agent.cjs'))
    await writeFile(join(results, 'agent.yaml'), agent.config)
    lines.push(`AGENT='${process.execPath} /results/node-agent.cjs'`, `RECORD='${agent.record ? 1 : ''}'`)
  }
  return `${lines.join('\n')}\n`
}

async function makeDisk(path: string, size: string): Promise<void> {
  await (await open(path, 'w')).close()
  await truncate(path, Number.parseInt(size, 10) * 2 ** 20)
}

/** A disk that can hang: qemu-nbd serves it, and a stopped server completes nothing. */
async function serveDisk(image: string, socket: string, cleaner: Cleaner): Promise<ChildProcess> {
  const server = spawn('qemu-nbd', ['-k', socket, '-f', 'raw', '--cache=unsafe', '--persistent', image], {
    stdio: 'ignore',
  })
  // A stopped process takes no other signal.
  cleaner.child(server, 'SIGKILL')
  for (let tries = 0; server.exitCode === null && tries < 200; tries++) {
    if (await exists(socket)) return server
    await delay(50)
  }
  throw new Error('qemu-nbd does not serve its disk')
}

type Place = { kernel: string; dir: string; results: string }

async function startGuest(plan: Plan, { kernel, dir, results }: Place, cleaner: Cleaner): Promise<ChildProcess> {
  const share = (tag: string, path: string, options: string): string[] => [
    '-virtfs',
    `local,path=${path},mount_tag=${tag},security_model=none,${options}`,
  ]
  const drive = (name: string, file: string): string[] => [
    '-drive',
    `file=${file},format=raw,if=none,id=${name},cache=unsafe`,
    '-device',
    `virtio-blk-pci,drive=${name},serial=${name}`,
  ]
  const boot = join(kernel, 'boot')
  const vmlinuz = (await readdir(boot)).find(name => name.startsWith('vmlinuz-'))
  if (!vmlinuz) throw new Error(`${boot} has no vmlinuz`)
  const append = `console=ttyS0 quiet panic=1 init=/init mitigations=off guest=${join(here, 'guest.sh')}`
  const log = await open(join(dir, 'console'), 'w')
  // timeout(1) ends the guest even if this process is killed.
  const guest = spawn(
    'timeout',
    [
      ...[
        '-k',
        '5',
        String(guestSeconds),
        'qemu-system-x86_64',
        '-machine',
        'q35',
        '-accel',
        'tcg,thread=multi',
        '-cpu',
        'max',
      ],
      ...['-smp', '2', '-m', String(plan.memoryMb ?? 1500), '-nic', 'none', '-nographic', '-no-reboot'],
      ...['-kernel', join(boot, vmlinuz), '-initrd', join(dir, 'initrd'), '-append', append],
      ...share('hostroot', '/', 'readonly=on,multidevs=remap'),
      ...share('kmods', kernel, 'readonly=on'),
      ...share('results', results, 'readonly=off'),
      ...drive('hang', `nbd:unix:${join(dir, 'nbd')}`),
      ...drive('spare', join(dir, 'spare')),
      ...drive('calm', join(dir, 'calm')),
    ],
    { stdio: ['ignore', log.fd, log.fd] },
  )
  cleaner.child(guest)
  await log.close()
  return guest
}

/** While the guest runs: does on the host what the guest asks for, and tells of scenarios that have ended. */
async function watch(plan: Plan, results: string, server: ChildProcess, signal: AbortSignal): Promise<void> {
  const actions: Record<string, () => void> = {
    'stop-disk-server': () => server.kill('SIGSTOP'),
    'continue-disk-server': () => server.kill('SIGCONT'),
  }
  const waiting = [...plan.scenarios]
  while (!signal.aborted) {
    for (const [name, act] of Object.entries(actions)) {
      const wanted = join(results, 'host', `${name}.wanted`)
      if (!(await exists(wanted))) continue
      act()
      await rm(wanted)
      await writeFile(join(results, 'host', `${name}.done`), '')
    }
    while (waiting[0] && (await exists(join(results, waiting[0], 'ended')))) {
      plan.onScenario?.(await readOutcome(results, waiting.shift()!))
    }
    await delay(100)
  }
  for (const name of waiting) plan.onScenario?.(await readOutcome(results, name))
}

async function readOutcome(results: string, scenario: string): Promise<Outcome> {
  const dir = join(results, scenario)
  const text = (name: string): Promise<string> => readFile(join(dir, name), 'utf8').catch(() => '')
  const result = (await text('result')).trim() || 'never ended'
  // What follows the last line's end is still being written.
  const reports = (await text('status.jsonl')).split('\n').slice(0, -1)
  return {
    scenario,
    ok: result === 'ok',
    result,
    evidence: await text('evidence.txt'),
    log: await text('log.txt'),
    reports: reports.map(line => JSON.parse(line) as Phased),
    dir,
  }
}

/** For a person who looks for what went wrong. */
export function inWords({ scenario, result, ok, evidence, log, reports }: Outcome): string {
  // One line for each set of problems, with the numbers of its first report.
  const told = reports.map(({ phase, report: { verdict, problems } }) => ({
    key: [phase, verdict, ...problems.map(({ id, severity }) => `${id} ${severity}`)].join(),
    words: [
      phase,
      verdict,
      ...problems.map(p => `${p.severity} ${p.id} ${p.reason} (${p.subject.role}): ${p.message}`),
    ],
  }))
  const changes = told.filter(({ key }, i) => key !== told[i - 1]?.key).map(({ words }) => words.join('\n    '))
  return [`##### ${scenario}: ${result}`, evidence, ...changes, ...(ok ? [] : ['----- log', log])].join('\n')
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

if (import.meta.main) {
  const [kernel = '6.12', ...scenarios] = process.argv.slice(2)
  const { BUNDLE: bundle, CONFIG, RECORD } = process.env
  const config = CONFIG ? await readFile(CONFIG, 'utf8') : ''
  await using guest = await bootGuest({
    kernel,
    scenarios,
    ...(bundle ? { agent: { bundle, config, record: Boolean(RECORD) } } : {}),
    onScenario: outcome => console.log(inWords(outcome)),
  })
  console.log(guest.dir)
  process.exitCode = guest.outcomes.every(({ ok }) => ok) ? 0 : 1
}
