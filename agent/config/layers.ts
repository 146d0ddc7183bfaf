import { readFileSync } from 'node:fs'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import type { SchemaNode } from './schema.ts'

/** One value of the configuration, where it belongs and who said so. Lists are values; maps are not. */
export interface Leaf {
  readonly path: readonly string[]
  readonly value: unknown
  /** `default`, `node-agent.yaml:7`, `NODE_AGENT_INTERVAL`, `--set`, `--log-level` … */
  readonly origin: string
}

/** Bad configuration or flags: exit code 2, the message is for the user. */
export class ConfigError extends Error {}

export function defaultLeaves(schema: SchemaNode, path: readonly string[] = []): Leaf[] {
  if (schema.properties === undefined)
    return schema.default === undefined ? [] : [{ path, value: schema.default, origin: 'default' }]
  return Object.entries(schema.properties).flatMap(([key, node]) => defaultLeaves(node, [...path, key]))
}

export function fileLeaves(file: string, schema: SchemaNode): Leaf[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(
      `${file}: cannot be read (${(error as NodeJS.ErrnoException).code}); name an existing file with --config`,
    )
  }
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true })
  const [bad] = document.errors
  if (bad) throw new ConfigError(`${file}:${counter.linePos(bad.pos[0]).line}: not YAML: ${bad.message.split('\n')[0]}`)
  if (document.contents === null) return []
  if (!isMap(document.contents))
    throw new ConfigError(`${file}:1: the configuration must be a map of keys, such as "interval: 10s"`)
  return mapLeaves(document.contents, schema, [], offset => `${file}:${counter.linePos(offset).line}`)
}

type YamlMap = Extract<ReturnType<typeof parseDocument>['contents'], { items: unknown[] }>

function mapLeaves(
  map: YamlMap,
  schema: SchemaNode | undefined,
  path: readonly string[],
  origin: (offset: number) => string,
): Leaf[] {
  return (map.items as { key: unknown; value: unknown }[]).flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : String(key)
    const at = origin((key as { range?: [number] }).range?.[0] ?? 0)
    const node = schemaAt(schema, name)
    if (isMap(value) && value.items.length > 0) return mapLeaves(value as YamlMap, node, [...path, name], origin)
    const plain = (value as { toJSON(): unknown } | null)?.toJSON() ?? null
    // `rules:` with all below it commented out says nothing.
    if (node?.properties !== undefined && (plain === null || isMap(value))) return []
    return [{ path: [...path, name], value: plain, origin: at }]
  })
}

const schemaAt = (schema: SchemaNode | undefined, key: string): SchemaNode | undefined =>
  Object.hasOwn(schema?.properties ?? {}, key) ? schema!.properties![key] : undefined

const PREFIX = 'NODE_AGENT_'

/**
 * `NODE_AGENT_HTTP__LISTENADDRESS=…` sets `http.listenAddress`. Names without `__` that fit no key are left alone:
 * Kubernetes sets NODE_AGENT_SERVICE_HOST and the like where a Service is called node-agent.
 */
export function environmentLeaves(
  environment: Readonly<Record<string, string | undefined>>,
  schema: SchemaNode,
): Leaf[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!name.startsWith(PREFIX) || value === undefined) return []
    const path = matchPath(name.slice(PREFIX.length).split('__'), schema)
    if (path) return [{ path, value: scalar(value), origin: name }]
    if (name.includes('__'))
      throw new ConfigError(`${name}: no such configuration key; see \`node-agent config print\` for all of them`)
    return []
  })
}

function matchPath([first, ...rest]: readonly string[], schema: SchemaNode): string[] | null {
  if (first === undefined) return schema.properties === undefined ? [] : null
  const key = Object.keys(schema.properties ?? {}).find(candidate => candidate.toUpperCase() === first.toUpperCase())
  if (key === undefined) return null
  const below = matchPath(rest, schema.properties![key]!)
  return below && [key, ...below]
}

export function setLeaf(argument: string): Leaf {
  const at = argument.indexOf('=')
  if (at < 1) throw new ConfigError(`--set ${argument}: write KEY=VALUE, such as --set rules.DiskSlow.raise=300ms`)
  return { path: argument.slice(0, at).split('.'), value: scalar(argument.slice(at + 1)), origin: '--set' }
}

/** A value on a command line or in the environment means what it would mean in the file. */
function scalar(text: string): unknown {
  const document = parseDocument(text)
  return document.errors.length > 0 ? text : (document.toJSON() ?? '')
}
