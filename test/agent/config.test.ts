import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Config, toConfig } from '../../agent/config/config.ts'
import { ConfigError } from '../../agent/config/layers.ts'
import { loadConfig, type Sources } from '../../agent/config/load.ts'
import { parseDuration, parseQuantity, parseThreshold } from '../../agent/config/units.ts'

const directory = mkdtempSync(join(tmpdir(), 'node-agent-config-'))
const FILE = join(directory, 'node-agent.yaml')

function config(yaml: string | undefined, more: Partial<Sources> = {}): Config {
  if (yaml !== undefined) writeFileSync(FILE, yaml)
  return toConfig(
    loadConfig({ file: yaml === undefined ? undefined : FILE, environment: {}, flags: [], set: [], ...more }),
    {},
  )
}

function refused(t: Test, run: () => unknown, message: RegExp): void {
  try {
    run()
    t.fail(`not refused: ${message}`)
  } catch (error) {
    t.ok(error instanceof ConfigError, String(error))
    t.match((error as Error).message, message)
  }
}

t.test('durations, quantities and thresholds as people write them', async t => {
  t.same(['500ms', '90s', '1h30m', '1.5s', '0s'].map(parseDuration), [500, 90_000, 5_400_000, 1500, 0])
  t.same(['', '5', '5 s', '-5s', '5d', 's'].map(parseDuration), Array(6).fill(undefined))
  t.same(['1024', '300Mi', '5G', '1.5Gi', '2k'].map(parseQuantity), [1024, 314_572_800, 5e9, 1_610_612_736, 2000])
  t.same(['', 'Mi', '3MB', '-1'].map(parseQuantity), Array(4).fill(undefined))
  t.equal(parseThreshold('80%', 'ratio'), 0.8)
  t.equal(parseThreshold('4h', 'seconds'), 14_400)
  t.equal(parseThreshold('2s', 'ms'), 2000)
  t.throws(() => parseThreshold(80, 'ratio'), /80 is not a ratio such as 0.8 or a percentage such as 80%/)
  t.throws(() => parseThreshold('many', 'count'), /"many" is not a number/)
})

t.test('defaults < file < environment < flags and --set', async t => {
  t.equal(config(undefined).intervalMs, 10_000)
  t.equal(config('interval: 7s').intervalMs, 7000)
  const environment = {
    NODE_AGENT_INTERVAL: '6s',
    NODE_AGENT_HTTP__LISTENADDRESS: '127.0.0.1:0',
    NODE_AGENT_SERVICE_HOST: '10.0.0.1',
    NODE_AGENT_PORT: 'tcp://10.0.0.1:1',
  }
  t.equal(config('interval: 7s', { environment }).intervalMs, 6000)
  t.same(config(undefined, { environment }).http, { host: '127.0.0.1', port: 0 })
  t.equal(config('interval: 7s', { environment, set: ['interval=5s'] }).intervalMs, 5000)
  const flags = [{ path: ['http', 'listenAddress'], value: '[::1]:7', origin: '--http.listen-address' }]
  t.same(config(undefined, { environment, flags }).http, { host: '::1', port: 7 })
  t.same(config(undefined, { set: ['http.listenAddress=:7'] }).http, { host: '::', port: 7 })
  t.same(config(undefined, { set: ['http.listenAddress=localhost:7'] }).http, { host: '127.0.0.1', port: 7 })
})

t.test('rules: thresholds in units, times, filters', async t => {
  const { rules } = config(
    'rules:\n  DiskSlow: {raise: 300ms, critical: 2s, for: 5s, hold: 10s, exclude: ["loop*"]}\n  DiskHung: {enabled: false, critical: 30s}\n',
    { environment: { NODE_AGENT_RULES__DISKSLOW__CLEAR: '50' } },
  )
  t.same(rules.get('DiskSlow'), {
    enabled: true,
    triggers: { level: { raise: 300, clear: 50, critical: 2000, forMs: 5000, holdMs: 10_000 } },
    include: [],
    exclude: ['loop*'],
  })
  t.same(rules.get('DiskHung'), {
    enabled: false,
    triggers: { level: { criticalForMs: 30_000 } },
    include: [],
    exclude: [],
  })
})

t.test('what is wrong is said in one sentence with file, line, key and remedy', async t => {
  refused(
    t,
    () => config('interval: 10s\nintervall: 5s\n'),
    /node-agent\.yaml:2: intervall: no such key; there are interval, /,
  )
  refused(
    t,
    () => config('rules:\n  diskslow:\n    raise: 5\n'),
    /node-agent\.yaml:3: rules\.diskslow: no such key; did you mean DiskSlow\?/,
  )
  refused(
    t,
    () => config('rules:\n  DiskSlow:\n    for: soon\n'),
    /yaml:3: rules\.DiskSlow\.for: "soon" is not a duration; write it as 90s/,
  )
  refused(
    t,
    () => config('rules:\n  DiskSlow:\n    raise: lots\n'),
    /yaml:3: rules\.DiskSlow\.raise: "lots" is not a number of ms or a duration/,
  )
  refused(
    t,
    () => config('rules:\n  DiskSlow:\n    clear: 900\n'),
    /yaml:3: rules\.DiskSlow\.clear: 900 lies on the wrong side of raise \(500\)/,
  )
  refused(t, () => config('interval: 1h\n'), /yaml:1: interval: 1h must be from 100ms to 5m/)
  refused(t, () => config('interval: [1\n'), /yaml:\d: not YAML/)
  refused(t, () => config('- a\n'), /yaml:1: the configuration must be a map/)
  refused(t, () => config('interval: {a: 1}\n'), /interval/)
  refused(t, () => config('a: &a [*a]\n'), /yaml:1: /)
  refused(t, () => config('__proto__: {x: 1}\n'), /__proto__/)
  refused(t, () => config('interval: 1s\ninterval: 2s\n'), /yaml:2: not YAML: Map keys must be unique/)
  refused(t, () => config(undefined, { file: '/nonexistent.yaml' }), /\/nonexistent\.yaml: cannot be read \(ENOENT\)/)
  refused(
    t,
    () => config(undefined, { set: ['rules.DiskSlow.rais=5'] }),
    /--set: rules\.DiskSlow\.rais: no such key; there are enabled, raise/,
  )
  refused(t, () => config(undefined, { set: ['interval'] }), /--set interval: write KEY=VALUE/)
  refused(
    t,
    () => config(undefined, { set: ['http.listenAddress=localhost'] }),
    /--set: http\.listenAddress: "localhost" is not HOST:PORT/,
  )
  refused(
    t,
    () => config(undefined, { set: ['log.level=loud'] }),
    /--set: log\.level: "loud" is not one of trace, debug/,
  )
  refused(
    t,
    () => config(undefined, { environment: { NODE_AGENT_RULES__DISKSLOW__RAIS: '5' } }),
    /NODE_AGENT_RULES__DISKSLOW__RAIS: no such configuration key/,
  )
  refused(
    t,
    () => config(undefined, { set: ['places.kubeletRoots=[relative]'] }),
    /"relative" must be an absolute path|must be an absolute path/,
  )
})

t.test('events are asked for by the ids of findings', async t => {
  t.same(config('events:\n  include: [NodeCutOff, ListenOverflow]\n').eventRules, ['NodeCutOff', 'ListenOverflow'])
  const named = (id: string) =>
    new RegExp(`yaml:2: events\\.include\\.0: "${id}" is not one of .*ListenOverflow, .*NodeCutOff`)
  for (const id of ['listenoverflow', 'DiskHung', 'ClockStepped'])
    refused(t, () => config(`events:\n  include: [${id}]\n`), named(id))
})

t.test('an error inside a list says where it is', async t => {
  refused(
    t,
    () => config('places:\n  podLogRoots: [/var/log/pods]\n  dockerRoots: [/var/lib/docker, relative]\n'),
    /^\S+node-agent\.yaml:3: places\.dockerRoots\.1: "relative" must be an absolute path$/,
  )
  refused(
    t,
    () => config(undefined, { set: ['rules.DiskSlow.exclude=[7]'] }),
    /^--set: rules\.DiskSlow\.exclude\.0: 7 must be string$/,
  )
  refused(t, () => config('a/b: 1\n'), /yaml:1: a\/b: no such key/)
})

t.test('a section with nothing below says nothing', async t => {
  for (const yaml of ['rules:\n', 'http:\nrules: {}\n', 'rules:\n  DiskSlow:\n', 'rules: # none\n'])
    t.same(config(yaml), config(undefined), yaml)
  refused(t, () => config('rule:\n'), /yaml:1: rule: no such key/)
  refused(t, () => config('rule: {}\n'), /yaml:1: rule: no such key/)
  refused(t, () => config('interval:\n'), /yaml:1: interval: null must be string/)
  refused(t, () => config('interval: {}\n'), /yaml:1: interval: \{\} must be string/)
})

t.test('critical lies past raise', async t => {
  refused(
    t,
    () => config('rules:\n  DiskSlow:\n    critical: 300ms\n'),
    /yaml:3: rules\.DiskSlow\.critical: 300 lies on the wrong side of raise \(500\); it must be at or above it/,
  )
  t.match(config('rules:\n  DiskSlow: {raise: 200, critical: 300}\n').rules.get('DiskSlow'), {
    triggers: { level: { critical: 300 } },
  })
  refused(
    t,
    () => config('rules:\n  MemoryShort: {triggers: {available: {raise: 1, critical: 1.5}}}\n'),
    /critical: 1\.5 lies on the wrong side of raise \(1\); it must be at or below it/,
  )
  t.ok(config('rules:\n  DiskHung: {critical: 1s}\n'), 'there it is a time')
  refused(
    t,
    () => config('rules:\n  ConntrackPressure:\n    raise: 97%\n'),
    /yaml:3: rules\.ConntrackPressure\.raise: 0\.97 lies past the level from which it is critical \(0\.95\); set `critical` too/,
  )
  t.ok(config('rules:\n  ConntrackPressure: {raise: 97%, critical: 99%}\n'))
})
