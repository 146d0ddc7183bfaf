import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startDeriving } from '../../agent/derive/index.ts'
import { loadState, StateWriter } from '../../agent/state-file.ts'
import type { Track } from '../../agent/track.ts'

const directory = mkdtempSync(join(tmpdir(), 'node-agent-state-'))
const stretch = { sinceMs: 1, sinceWallMs: 2, countedMs: 3 }
const track: Track = {
  rule: 'DiskSlow',
  trigger: 'level',
  observation: {
    subject: { kind: 'Disk', name: 'vda', role: 'node' },
    stance: 'raise',
    message: 'vda is slow',
    evidence: { awaitMs: 600 },
  },
  measuredAtMs: 10,
  raised: stretch,
  critical: null,
  notCritical: stretch,
  bounded: null,
  unbounded: stretch,
  clear: null,
  active: { sinceMs: 1, sinceWallMs: 2, severity: 'warning', bounded: false },
}
const condition = {
  status: 'True',
  reason: 'DiskLatencyHigh',
  message: 'vda is slow',
  transitionWallMs: 5,
  known: null,
  heartbeatWallMs: 6,
  speaksOf: 'x',
  missing: null,
} as const
const watched = {
  mountIds: [22, 31],
  wasWritable: true,
  errorsCount: 2,
  oldErrors: 2,
  stopsOnError: false,
  sessionWriteKbytes: null,
}
const readonly = { watched: { '253:16': watched }, told: ['253:16'] }
const kept = {
  tracks: new Map([['DiskSlow/level/vda', track]]),
  conditions: new Map([['DiskSlow', condition]]),
  derived: { ...startDeriving(), readonly },
}

t.test('verdicts survive a restart in the same boot', async t => {
  const path = join(directory, 'below/state.json')
  await new StateWriter(path, 'boot-1', 'n1', message => t.fail(message)).save(kept, 0)
  t.same(loadState(path, 'boot-1', 'n1').kept, { ...kept, derived: { readonly } }, 'of derivations those that keep it')
  t.match(loadState(path, 'boot-2', 'n1'), { kept: null, why: /another boot or node/ })
  t.match(loadState(path, 'boot-1', 'n2'), { kept: null, why: /another boot or node/ })
})

t.test('a missing, damaged or foreign file is ignored with a word', async t => {
  const path = join(directory, 'state.json')
  await new StateWriter(path, 'b', 'n', message => t.fail(message)).save(kept, 0)
  const good = readFileSync(path, 'utf8')
  t.match(loadState(join(directory, 'none'), 'b', 'n').why, /does not exist yet/)
  for (const bad of [
    '',
    '{',
    'null',
    '[]',
    '{"version":1}',
    '{"version":2}',
    good.slice(0, -9),
    good.replace('"sinceMs":1', '"sinceMs":"x"'),
    good.replace('"subject"', '"object"'),
    good.replace('"wasWritable":true', '"wasWritable":1'),
    good.replace('"told":["253:16"]', '"told":[16]'),
    good.replace('"mountIds":[22,31]', '"mountIds":[]'),
  ]) {
    writeFileSync(path, bad)
    const { kept, why } = loadState(path, 'b', 'n')
    t.equal(kept, null, why)
    t.ok(why)
  }
  const fifo = join(directory, 'fifo')
  execFileSync('mkfifo', [fifo])
  t.match(loadState(fifo, 'b', 'n').why, /not a regular file/, 'nobody waits for its writer')
})

t.test('what derivations keep may be missing or unknown', async t => {
  const path = join(directory, 'derived.json')
  await new StateWriter(path, 'b', 'n', message => t.fail(message)).save(kept, 0)
  const { derived, ...before } = JSON.parse(readFileSync(path, 'utf8')) as { derived: object }
  const startWith = (file: object) => {
    writeFileSync(path, JSON.stringify(file))
    return startDeriving(loadState(path, 'b', 'n').kept?.derived)
  }
  t.same(startWith({ ...before, derived }).readonly, readonly)
  t.same(startWith(before), startDeriving(), 'a file of an agent that did not keep it')
  t.same(startWith({ ...before, derived: { ...derived, cpu: 1 } }).cpu, startDeriving().cpu, 'not kept: not taken')
})

t.test('a changed verdict is written at once, the rest every half minute', async t => {
  const path = join(directory, 'paced.json')
  const writer = new StateWriter(path, 'b', 'n', message => t.fail(message))
  const counted = (countedMs: number) => ({
    ...kept,
    tracks: new Map([['x', { ...track, raised: { ...stretch, countedMs } }]]),
  })
  const written = () => [...loadState(path, 'b', 'n').kept!.tracks.values()][0]?.raised?.countedMs
  await writer.save(counted(1), 0)
  await writer.save(counted(2), 10_000)
  t.equal(written(), 1)
  await writer.save(counted(3), 30_000)
  t.equal(written(), 3)
  await writer.save({ ...kept, tracks: new Map() }, 30_001)
  t.equal(written(), undefined)
})

t.test('what cannot be written is told once', async t => {
  const warnings: string[] = []
  const writer = new StateWriter('/proc/none/state.json', 'b', 'n', message => warnings.push(message))
  await writer.save(kept, 0)
  await writer.save({ ...kept, tracks: new Map() }, 1)
  t.equal(warnings.length, 1)
  t.match(
    warnings[0],
    /state\.file: \/proc\/none\/state\.json cannot be written \(ENOENT\): verdicts start anew after a restart/,
  )
})
