/** What we read and compute beside what the field's tools say of the same moment. */
import { conntrackstat } from '../../collectors/conntrackstat.ts'
import { filesystems } from '../../collectors/filesystems.ts'
import { memory } from '../../collectors/memory.ts'
import { run } from './beds/processes.ts'
import * as slowDisks from './beds/slow-disk.ts'
import { bed } from './beds/undo.ts'
import { hostTest } from './host-test.ts'
import * as exporters from './peers/exporter.ts'
import { ourProtocols, ourValues } from './peers/exporter-names.ts'
import { iostatNeeds, iostatRound } from './peers/iostat.ts'
import { Comparison, type Values, valueFrom } from './peers/ours.ts'

/** Rounds for gauges to stand still in one of them. */
const ROUNDS = 40

/** What node_exporter's parser of /proc/meminfo has no name for, whatever the kernel. */
const OURS_ALONE = /^node_memory_/

hostTest('node_exporter: every value that both read', exporters.needs, async t => {
  const peer = await bed(async undo => ({ exporter: await exporters.startExporter(undo) }))
  t.teardown(peer.close)
  const comparison = new Comparison()
  let alone: string[] = []
  for (let round = 0; round < ROUNDS && (round < 3 || comparison.disagreed.length > 0); round++) {
    const before = await ourValues()
    const theirs = await peer.exporter.scrape()
    comparison.add(before, theirs, await ourValues())
    alone = [...before.keys()].filter(name => !theirs.has(name))
  }
  t.strictSame(comparison.wrongCounters, [])
  t.strictSame(comparison.disagreed, [])
  t.strictSame(
    alone.filter(name => !OURS_ALONE.test(name)),
    [],
    'all that we read is there under the name that we think it has',
  )
  t.ok(comparison.compared > 500, `${comparison.compared} values`)
})

/** Rounds of a command between two readings of ours, until nothing that moves is left. */
async function compare(ours: () => Promise<Values>, theirs: () => Map<string, number>): Promise<Comparison> {
  const comparison = new Comparison()
  for (let round = 0; round < ROUNDS && (round === 0 || comparison.disagreed.length > 0); round++) {
    const before = await ours()
    const said = theirs()
    comparison.add(before, said, await ours())
  }
  return comparison
}

const values = (pairs: Iterable<readonly [string, number]>, gauge: boolean): Values =>
  new Map([...pairs].map(([name, value]) => [name, { value, gauge }]))

hostTest('nstat: every counter of the protocols', { commands: ['nstat'] }, async t => {
  const comparison = await compare(ourProtocols, () => {
    const { kernel } = JSON.parse(run('nstat', '-a', '-z', '-s', '-j')) as { kernel: Record<string, number> }
    return new Map(Object.entries(kernel))
  })
  t.strictSame([...comparison.wrongCounters, ...comparison.disagreed], [])
  t.ok(comparison.compared > 200, `${comparison.compared} values`)
})

/** conntrack-tools' words for what /proc calls otherwise. */
const CONNTRACK_NAMES: Readonly<Record<string, string>> = { error: 'icmp_error', clash_resolve: 'clashres' }

const conntrackNeeds = { commands: ['conntrack'], files: ['/proc/net/stat/nf_conntrack'] }

hostTest('conntrack -S: every counter, all CPUs together', conntrackNeeds, async t => {
  const comparison = await compare(
    async () => values((await valueFrom(conntrackstat))?.total ?? [], false),
    () => {
      const sums = new Map<string, number>()
      for (const [, name = '', count] of run('conntrack', '-S').matchAll(/(\w+)=(\d+)/g)) {
        const ours = CONNTRACK_NAMES[name] ?? name
        sums.set(ours, (sums.get(ours) ?? 0) + Number(count))
      }
      return sums
    },
  )
  t.strictSame(comparison.wrongCounters, [])
  t.ok(comparison.compared >= 6, `${comparison.compared} values`)
})

hostTest('df: space and inodes of each file system', { commands: ['df'] }, async t => {
  const comparison = await compare(
    async () => {
      const all = ((await valueFrom(filesystems)) ?? []).flatMap(({ mountPoint, space }) => {
        if (!space.ok) return []
        const { blockSize, blocks, freeBlocks, availableBlocks, files, freeFiles } = space.value
        return [
          [`${mountPoint} size`, blocks * blockSize],
          [`${mountPoint} used`, (blocks - freeBlocks) * blockSize],
          [`${mountPoint} avail`, availableBlocks * blockSize],
          [`${mountPoint} itotal`, files],
          [`${mountPoint} iavail`, freeFiles],
        ] as const
      })
      return values(all, true)
    },
    () => {
      const rows = run('df', '-a', '-B1', '--output=size,used,avail,itotal,iavail,target').trim().split('\n').slice(1)
      return new Map(
        rows.flatMap(row => {
          const [size, used, avail, itotal, iavail, target] = row.trim().split(/\s+/)
          return Object.entries({ size, used, avail, itotal, iavail }).map(
            ([name, value]) => [`${target} ${name}`, Number(value)] as const,
          )
        }),
      )
    },
  )
  t.strictSame(comparison.disagreed, [])
  t.ok(comparison.compared >= 5, `${comparison.compared} values`)
})

hostTest('free: memory', { commands: ['free'] }, async t => {
  const comparison = await compare(
    async () => {
      const is = (await valueFrom(memory)) ?? new Map<string, number>()
      const sum = (...names: string[]) => names.reduce((total, name) => total + (is.get(name) ?? 0), 0)
      return values(
        [
          ['total', sum('MemTotal')],
          ['free', sum('MemFree')],
          ['shared', sum('Shmem')],
          ['cache', sum('Buffers', 'Cached', 'SReclaimable')],
          ['available', sum('MemAvailable')],
        ],
        true,
      )
    },
    () => {
      const [, total, , free, shared, cache, available] = run('free', '-b').split('\n')[1]?.split(/\s+/) ?? []
      return new Map(Object.entries({ total, free, shared, cache, available }).map(([name, n]) => [name, Number(n)]))
    },
  )
  t.strictSame(comparison.disagreed, [])
})

hostTest('iostat: a slow disk and its neighbour, within a tenth', iostatNeeds, async t => {
  const made = await slowDisks.slowDisk()
  t.teardown(made.close)
  let far: string[] = ['not tried']
  for (let round = 0; round < 4 && far.length > 0; round++) {
    const pairs = await iostatRound([made.upper.name, made.neighbour.name, made.lower.name])
    far = pairs.filter(({ ours, theirs, floor }) => Math.abs(ours - theirs) > Math.max(theirs / 10, floor)).map(String)
    t.comment(pairs.map(String).join('\n'))
  }
  t.strictSame(far, [])
})
