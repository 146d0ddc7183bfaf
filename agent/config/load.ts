import { Ajv, type ErrorObject } from 'ajv'
import { ConfigError, defaultLeaves, environmentLeaves, fileLeaves, type Leaf, setLeaf } from './layers.ts'
import { type ConfigInput, configSchema, type SchemaNode } from './schema.ts'

/** Where the configuration comes from, weakest first: defaults, file, environment, flags. */
export interface Sources {
  readonly file?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Options that have a flag of their own: path and value, with the flag as origin. */
  readonly flags: readonly Leaf[]
  /** `KEY=VALUE` of `--set`. */
  readonly set: readonly string[]
}

export interface Loaded {
  readonly input: ConfigInput
  /** The leaf that won for each dotted path: the effective configuration with its origins. */
  readonly leaves: ReadonlyMap<string, Leaf>
}

const validate = new Ajv({ allErrors: false, strict: false }).compile(configSchema)

/** Merges the layers and validates the result; throws ConfigError naming origin, key and remedy. */
export function loadConfig(sources: Sources): Loaded {
  const schema = configSchema as SchemaNode
  const leaves = new Map<string, Leaf>()
  const layers = [
    defaultLeaves(schema),
    sources.file === undefined ? [] : fileLeaves(sources.file, schema),
    environmentLeaves(sources.environment, schema),
    sources.flags,
    sources.set.map(setLeaf),
  ]
  for (const leaf of layers.flat()) leaves.set(leaf.path.join('.'), leaf)
  const input = assemble(leaves.values())
  if (!validate(input)) throw new ConfigError(explain(validate.errors![0]!, leaves))
  return { input: input as unknown as ConfigInput, leaves }
}

function assemble(leaves: Iterable<Leaf>): Record<string, unknown> {
  const root: Record<string, unknown> = { http: {}, grpc: {}, tls: {}, auth: {}, rules: {}, collectors: {} }
  for (const { path, value, origin } of leaves) {
    let at = root
    for (const key of path.slice(0, -1)) {
      const next = Object.hasOwn(at, key) ? at[key] : undefined
      if (next !== undefined && (typeof next !== 'object' || next === null))
        throw new ConfigError(`${origin}: ${path.join('.')}: ${key} is a value, it has no keys`)
      at = (next ?? define(at, key, {})) as Record<string, unknown>
    }
    define(at, path.at(-1)!, value)
  }
  return root
}

/** Own property whatever the key is called (`__proto__` in a hostile file is an unknown key like any other). */
function define(object: Record<string, unknown>, key: string, value: unknown): unknown {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
  return value
}

function explain(error: ErrorObject, leaves: ReadonlyMap<string, Leaf>): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer)
  const unknown = (error.params as { additionalProperty?: string }).additionalProperty
  if (unknown !== undefined) path.push(unknown)
  const leaf = leafOf(path, leaves)
  const what = unknown === undefined ? wrongValue(error, valueIn(leaf, path)) : unknownKey(error, path)
  return `${leaf?.origin ?? 'configuration'}: ${path.join('.')}: ${what}`
}

const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

/** The leaf that said it: the value itself, one below it, or the list that it is an element of. */
function leafOf(path: readonly string[], leaves: ReadonlyMap<string, Leaf>): Leaf | undefined {
  const key = path.join('.')
  const said = [...leaves.values()].map(leaf => ({ leaf, own: leaf.path.join('.') }))
  const found =
    said.findLast(({ own }) => own === key || own.startsWith(`${key}.`)) ??
    said.findLast(({ own }) => key.startsWith(`${own}.`))
  return found?.leaf
}

function valueIn(leaf: Leaf | undefined, path: readonly string[]): unknown {
  return path
    .slice(leaf?.path.length)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], leaf?.value)
}

function wrongValue(error: ErrorObject, wrong: unknown): string {
  const value = JSON.stringify(wrong)
  if (error.keyword === 'pattern') {
    return String(error.params.pattern).startsWith('^/')
      ? `${value} must be an absolute path`
      : `${value} is not a duration; write it as 90s, 5m or 1h30m`
  }
  if (error.keyword === 'enum') return `${value} is not one of ${(error.params.allowedValues as string[]).join(', ')}`
  return `${value} ${error.message}`
}

function unknownKey(error: ErrorObject, path: readonly string[]): string {
  const schema = nodeAt(path.slice(0, -1))
  const known = Object.keys(schema?.properties ?? {})
  const triggers = Object.keys(schema?.properties?.triggers?.properties ?? {})
  const name = String(error.params.additionalProperty)
  if (path[0] === 'rules' && path.length === 3 && ['raise', 'clear', 'critical'].includes(name)) {
    return `this rule has several triggers; set ${triggers.map(trigger => `${path.slice(0, 2).join('.')}.triggers.${trigger}.${name}`).join(' or ')}`
  }
  const close = known.find(candidate => candidate.toLowerCase() === name.toLowerCase())
  return close ? `no such key; did you mean ${close}?` : `no such key; there are ${known.join(', ')}`
}

function nodeAt(path: readonly string[]): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, key) => node?.properties?.[key], configSchema as SchemaNode)
}
