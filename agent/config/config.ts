import { hostname } from 'node:os'
import type { Places } from '../../collectors/collector.ts'
import type { Policy } from '../publish/wanted.ts'
import type { RuleOverride } from '../rules/active.ts'
import { ConfigError, type Leaf } from './layers.ts'
import type { Loaded } from './load.ts'
import { ruleOverrides } from './overrides.ts'
import type { ConfigInput } from './schema.ts'
import { parseDuration } from './units.ts'

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

interface PublishConfig {
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

/** `127.0.0.1:20900`, `[::1]:0`, `:20900` (all addresses). `localhost` is loopback whatever /etc/hosts says (RFC 6761, 6.3). */
function address(key: string, text: string, leaves: ReadonlyMap<string, Leaf>): Address {
  const [, host, port] = /^(?:\[([0-9a-fA-F:.]+)\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535) {
    throw new ConfigError(
      `${leaves.get(key)?.origin}: ${key}: ${JSON.stringify(text)} is not HOST:PORT, such as 127.0.0.1:20900 or [::1]:0`,
    )
  }
  const name = host ?? (text.slice(0, text.lastIndexOf(':')) || '::')
  return { host: name === 'localhost' ? '127.0.0.1' : name, port: Number(port) }
}
