import { hostname } from 'node:os'
import type { Places } from '../../collectors/collector.ts'
import type { Policy } from '../publish/wanted.ts'
import type { RuleOverride, TriggerOverride } from '../rules/active.ts'
import { ruleCatalogue } from '../rules/index.ts'
import type { Rule, Trigger } from '../rules/rule.ts'
import { ConfigError, type Leaf } from './layers.ts'
import type { Loaded } from './load.ts'
import type { ConfigInput, RuleInput } from './schema.ts'
import { parseDuration, parseThreshold } from './units.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** The configuration as the agent uses it: parsed, in its units, frozen. */
export interface Config {
  readonly intervalMs: number
  readonly nodeName: string
  readonly http: Address
  readonly grpc: Address
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCAFile: string }
  readonly tokenFile: string
  readonly metricsRaw: boolean
  readonly publish: PublishConfig
  /** Findings that become events too. */
  readonly eventRules: readonly string[]
  readonly stateFile: string
  readonly logLevel: string
  readonly places: Places
  readonly disabledCollectors: ReadonlySet<string>
  readonly rules: ReadonlyMap<string, RuleOverride>
}

export interface PublishConfig {
  /** `auto`: where there is a cluster. */
  readonly enabled: boolean | 'auto'
  readonly kubeconfig: string
  readonly policy: Policy
  readonly spreadMs: number
}

const MIN_INTERVAL_MS = 100
const MAX_INTERVAL_MS = 5 * 60_000

export function toConfig({ input, leaves }: Loaded, environment: Readonly<Record<string, string | undefined>>): Config {
  const intervalMs = parseDuration(input.interval)!
  if (intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) {
    throw new ConfigError(`${leaves.get('interval')!.origin}: interval: ${input.interval} must be from 100ms to 5m`)
  }
  return Object.freeze({
    intervalMs,
    nodeName: input.nodeName || environment.NODE_NAME || hostname(),
    http: address('http.listenAddress', input.http.listenAddress, leaves),
    grpc: address('grpc.listenAddress', input.grpc.listenAddress, leaves),
    tls: input.tls,
    tokenFile: input.auth.tokenFile,
    metricsRaw: input.metrics.raw,
    publish: publishConfig(input.publish),
    eventRules: input.events.include,
    stateFile: input.state.file,
    logLevel: input.log.level,
    places: input.places,
    disabledCollectors: new Set(
      Object.entries(input.collectors)
        .filter(([, { enabled }]) => !enabled)
        .map(([name]) => name),
    ),
    rules: ruleOverrides(input.rules, leaves),
  })
}

function publishConfig({
  enabled,
  kubeconfig,
  after,
  bootGrace,
  spread,
  notApplicable,
}: ConfigInput['publish']): PublishConfig {
  const { critical, warning, ...ofRules } = after
  return {
    enabled,
    kubeconfig,
    policy: {
      afterMs: { critical: parseDuration(critical)!, warning: parseDuration(warning)! },
      warningAfterMsOf: Object.fromEntries(
        Object.entries(ofRules as Record<string, string>).map(([id, text]) => [id, parseDuration(text)!]),
      ),
      bootGraceMs: parseDuration(bootGrace)!,
      omitNotApplicable: notApplicable === 'omit',
    },
    spreadMs: parseDuration(spread)!,
  }
}

/** `127.0.0.1:20900`, `[::1]:0`, `:20900` (all addresses). */
function address(key: string, text: string, leaves: ReadonlyMap<string, Leaf>): Address {
  const [, host, port] = /^(?:\[([0-9a-fA-F:.]+)\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535) {
    throw new ConfigError(
      `${leaves.get(key)?.origin}: ${key}: ${JSON.stringify(text)} is not HOST:PORT, such as 127.0.0.1:20900 or [::1]:0`,
    )
  }
  return { host: host ?? (text.slice(0, text.lastIndexOf(':')) || '::'), port: Number(port) }
}

function ruleOverrides(
  inputs: Readonly<Record<string, RuleInput>>,
  leaves: ReadonlyMap<string, Leaf>,
): Map<string, RuleOverride> {
  return new Map(
    ruleCatalogue.flatMap(rule => {
      const input = inputs[rule.id]
      if (input === undefined) return []
      const triggers = Object.fromEntries(
        rule.triggers.map(trigger => [trigger.name, triggerOverride(rule, trigger, input, leaves)]),
      )
      return [
        [
          rule.id,
          { enabled: input.enabled ?? true, triggers, include: input.include ?? [], exclude: input.exclude ?? [] },
        ] as const,
      ]
    }),
  )
}

/** What is said for the trigger by name wins over what is said for the rule. */
function triggerOverride(
  rule: Rule,
  trigger: Trigger,
  input: RuleInput,
  leaves: ReadonlyMap<string, Leaf>,
): TriggerOverride {
  const own = input.triggers?.[trigger.name]
  const given = { ...input, ...own }
  const origin = (key: string) =>
    leaves.get(`rules.${rule.id}.triggers.${trigger.name}.${key}`) ?? leaves.get(`rules.${rule.id}.${key}`)
  const threshold = (key: 'raise' | 'clear' | 'critical'): number | undefined => {
    const value = given[key]
    if (value === undefined) return undefined
    try {
      // Where lasting is what makes it critical, `critical` is a time.
      return parseThreshold(value, key === 'critical' && trigger.criticalForMs !== undefined ? 'ms' : trigger.unit)
    } catch (error) {
      const leaf = origin(key)
      throw new ConfigError(`${leaf?.origin}: ${leaf?.path.join('.')}: ${(error as Error).message}`)
    }
  }
  const raise = threshold('raise')
  const clear = threshold('clear')
  const critical = threshold('critical')
  const effective = raise ?? trigger.raise
  const order = (key: 'clear' | 'critical', value: number | undefined, below: boolean): void => {
    if (value === undefined || (below ? value <= effective : value >= effective)) return
    const leaf = origin(key)
    throw new ConfigError(
      `${leaf?.origin}: ${leaf?.path.join('.')}: ${value} lies on the wrong side of raise (${effective}); it must be ${below ? 'at or below' : 'at or above'} it`,
    )
  }
  const above = trigger.direction === 'above'
  order('clear', clear, above)
  if (trigger.criticalForMs === undefined) order('critical', critical, !above)
  return {
    ...(raise === undefined ? {} : { raise }),
    ...(clear === undefined ? {} : { clear }),
    ...(critical === undefined ? {} : trigger.criticalForMs === undefined ? { critical } : { criticalForMs: critical }),
    ...(given.for === undefined ? {} : { forMs: parseDuration(given.for)! }),
    ...(given.hold === undefined ? {} : { holdMs: parseDuration(given.hold)! }),
  }
}
