import { type Command, Option } from 'commander'
import { type Config, toConfig } from '../config/config.ts'
import type { Leaf } from '../config/layers.ts'
import { type Loaded, loadConfig } from '../config/load.ts'
import { parseDuration } from '../config/units.ts'
import { UsageError } from '../failures.ts'

/** Options as commander hands them over: keys as spelled on the command line. */
export interface CommonOptions {
  readonly 'path.procfs'?: string
  readonly 'path.sysfs'?: string
  readonly 'path.rootfs'?: string
  readonly config?: string
  readonly set: readonly string[]
  readonly nodeName?: string
  readonly output: 'text' | 'json'
  readonly logLevel?: string
  readonly 'http.listenAddress'?: string
  readonly 'grpc.listenAddress'?: string
}

const collect = (value: string, before: readonly string[]) => [...before, value]

/** Adds the options that all commands about a machine or a recording share, spelled as in node_exporter. */
export function withCommon(command: Command): Command {
  return withOutput(command)
    .option('--path.procfs <dir>', 'procfs of the machine, or a copy of one (default: /proc)')
    .option('--path.sysfs <dir>', 'sysfs of the machine (default: /sys; beside procfs for a copy)')
    .option('--path.rootfs <dir>', 'root file system of the machine (default: /; around procfs for a copy)')
    .option('--config <file>', 'configuration file (YAML)')
    .option('--set <key=value>', 'any configuration key by its dotted path; repeatable', collect, [])
    .option('--node-name <name>', 'name of this node (default: NODE_NAME, then the host name)')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--http.listen-address <host:port>', 'address of HTTP; port 0 picks a free one')
    .option('--grpc.listen-address <host:port>', 'address of gRPC; port 0 picks a free one')
}

export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('--output <format>', 'text for people, json for programs').choices(['text', 'json']).default('text'),
  )
}

const FLAGS: readonly [keyof CommonOptions, string, readonly string[]][] = [
  ['nodeName', '--node-name', ['nodeName']],
  ['logLevel', '--log-level', ['log', 'level']],
  ['http.listenAddress', '--http.listen-address', ['http', 'listenAddress']],
  ['grpc.listenAddress', '--grpc.listen-address', ['grpc', 'listenAddress']],
]

/** The configuration from file, environment and flags; throws ConfigError. */
export function load(options: CommonOptions, file: string | undefined = options.config): Loaded {
  const flags: Leaf[] = FLAGS.flatMap(([key, origin, path]) =>
    options[key] === undefined ? [] : [{ path, value: options[key], origin }],
  )
  return loadConfig({ file, environment: process.env, flags, set: options.set })
}

export function loadAndParse(options: CommonOptions): Config {
  return toConfig(load(options), process.env)
}

/** A duration from a flag; throws UsageError. */
export function durationFlag(flag: string, text: string, leastMs: number): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms < leastMs)
    throw new UsageError(`${flag} ${text}: write a duration of at least ${leastMs} ms, such as 5s or 10m`)
  return ms
}
