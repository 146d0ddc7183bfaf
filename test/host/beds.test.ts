/** The faults themselves, by the kernel's own numbers: when a verdict is missing, this tells whether the fault was there. */
import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as sockets from './beds/deaf-sockets.ts'
import * as dockers from './beds/docker.ts'
import * as fillings from './beds/filling.ts'
import * as fuses from './beds/fuse.ts'
import * as hungDisks from './beds/hung-disk.ts'
import { diskCounters, netCounter, waiting } from './beds/kernel.ts'
import * as slowDisks from './beds/slow-disk.ts'
import { until } from './beds/wait.ts'
import { hostTest } from './host-test.ts'

const MIB = 1 << 20

/** Mean time of the writes that complete from now on, over at least `count` of them. */
async function writeAwait(name: string, count: number): Promise<number> {
  const before = diskCounters(name)
  await until(`${count} writes on ${name}`, () => diskCounters(name).writes - before.writes >= count)
  const after = diskCounters(name)
  return (after.writeMs - before.writeMs) / (after.writes - before.writes)
}

hostTest('a disk above a throttled one is slow, its neighbour is not', slowDisks.needs, async t => {
  const bed = await slowDisks.slowDisk()
  t.teardown(bed.close)
  await writeAwait(bed.upper.name, 20) // past what went through before the queue was full
  t.ok((await writeAwait(bed.upper.name, 40)) > 300)
  t.ok((await writeAwait(bed.neighbour.name, 40)) < 100)
})

hostTest('a disk throttled directly is fine by its own numbers', slowDisks.needs, async t => {
  const bed = await slowDisks.throttledDisk()
  t.teardown(bed.close)
  t.ok((await writeAwait(bed.disk.name, 40)) < 100)
})

hostTest('a disk whose backing file system is frozen completes nothing', hungDisks.needs, async t => {
  const bed = await hungDisks.hungDisk()
  t.teardown(bed.close)
  await writeAwait(bed.disk.name, 20)
  bed.hang()
  await until('two seconds of the disk with requests and without completions', completesNothing(bed.disk.name))
  t.ok((await writeAwait(bed.neighbour.name, 20)) < 100)
  bed.release()
  await writeAwait(bed.disk.name, 20)
})

function completesNothing(name: string): () => boolean {
  let start = diskCounters(name)
  return () => {
    const now = diskCounters(name)
    if (now.writes !== start.writes || now.inFlight === 0) start = now
    return now.ioTicksMs - start.ioTicksMs > 2000
  }
}

hostTest('a frozen file system leaves its disk idle', hungDisks.needs, async t => {
  const bed = await hungDisks.frozenFilesystem()
  t.teardown(bed.close)
  await writeAwait(bed.disk.name, 20)
  bed.hang()
  await until('nothing in flight', () => diskCounters(bed.disk.name).inFlight === 0)
  const frozen = diskCounters(bed.disk.name)
  bed.release()
  await writeAwait(bed.disk.name, 20)
  t.equal(frozen.inFlight, 0)
})

for (const type of ['ext4', 'tmpfs'] as const) {
  hostTest(`${type} fills until it is full`, fillings.needs, async t => {
    const bed = await fillings.filling(type, 32 * MIB, 8 * MIB)
    t.teardown(bed.close)
    t.ok(await until('full but for a block or two', () => bed.available() < 256 << 10))
  })
}

hostTest('a container floods its json-log', dockers.needs, async t => {
  const bed = await dockers.docker(20 * MIB, 100 * MIB)
  t.teardown(bed.close)
  await until('a long log', () => statSync(bed.flooding.log).size > 50 * MIB)
  t.ok(statSync(bed.innocent.log).size < MIB)
  const config = JSON.parse(readFileSync(join(dirname(bed.flooding.log), 'config.v2.json'), 'utf8'))
  t.match(config.Config.Labels, { 'io.kubernetes.pod.name': bed.flooding.pod })
})

for (const [what, make, file, protocol, name] of [
  ['a deaf UDP receiver', sockets.deafUdpReceiver, 'snmp', 'Udp', 'RcvbufErrors'],
  ['an overflowing listener', sockets.overflowingListener, 'netstat', 'TcpExt', 'ListenOverflows'],
] as const) {
  hostTest(`${what} is counted in its own network namespace only`, sockets.needs, async t => {
    const host = netCounter(1, file, protocol, name)
    const inside = await make('own namespace')
    t.teardown(inside.close)
    await until('fifty more inside', () => netCounter(inside.pid, file, protocol, name) >= 50)
    t.equal(netCounter(1, file, protocol, name), host)
    const outside = await make('host')
    t.teardown(outside.close)
    await until('fifty more on the host', () => netCounter(1, file, protocol, name) >= host + 50)
  })
}

hostTest('a FUSE server that stops answering holds its callers, also killed ones', fuses.needs, async t => {
  const bed = await fuses.fuseMount()
  t.teardown(bed.close)
  bed.hang()
  const callers = [spawn('stat', ['-f', bed.mountPoint]), spawn('cat', [bed.file])]
  const all = (test: (pid: number) => boolean) => () => callers.every(({ pid }) => test(pid ?? 0))
  await until(
    'both wait',
    all(pid => waiting(pid)?.wchan === 'request_wait_answer'),
  )
  for (const caller of callers) caller.kill('SIGKILL')
  await until(
    'both are killed and still there',
    all(pid => waiting(pid)?.state === 'D'),
  )
  bed.answer()
  await until(
    'both are gone',
    all(pid => waiting(pid) === undefined),
  )
  t.pass('held until the server answered')
})
