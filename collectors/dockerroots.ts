import type { Places } from './collector.ts'
import type { Host } from './host.ts'
import { Malformed, parsed, quoted, type Reading } from './reading.ts'

/**
 * `/etc/docker/daemon.json`: dockerd's configuration, of which only where it keeps its data matters here.
 *
 *     { "data-root": "/data/docker", "log-opts": { "max-size": "100m" } }
 *
 * The key was `graph` before Docker 17.05 and is gone since 23.0. Docs: docs.docker.com/reference/cli/dockerd
 */
export function parseDaemonJson(text: string): { readonly dataRoot: string | null } {
  const settings = parseObject(text)
  const root = settings['data-root'] ?? settings.graph ?? null
  if (root !== null && (typeof root !== 'string' || !root.startsWith('/')))
    throw new Malformed(`data-root is ${quoted(JSON.stringify(root))}, not an absolute path`)
  return { dataRoot: root }
}

/** A JSON object, whatever is in it. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Not quoted: it may hold what nobody is to see.
    throw new Malformed('the text is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed('not a JSON object')
  return value as Readonly<Record<string, unknown>>
}

const DAEMON_JSON = '/etc/docker/daemon.json'
const KEYS = [['data-root'], ['graph']]
/** dockerd's configuration is written by hand: a page or two. */
const MAX_BYTES = 256 * 1024

/** Where dockerd may keep its data, as configured. With a damaged daemon.json no dockerd starts, so that it names nothing is no loss. */
export async function dockerRoots(host: Host, places: Places): Promise<string[]> {
  const real = await host.blocking.resolve(DAEMON_JSON)
  const text: Reading<string> = real.ok ? await host.blocking.readJson(real.value, MAX_BYTES, KEYS) : real
  const settings = parsed(DAEMON_JSON, text, parseDaemonJson)
  const dataRoot = settings.ok ? settings.value.dataRoot : null
  return [...new Set(dataRoot === null ? places.dockerRoots : [...places.dockerRoots, dataRoot])]
}

/** Where these directories really are, each once; those that do not exist are left out. */
export async function resolveAll(host: Host, paths: readonly string[]): Promise<Reading<string>[]> {
  const all = await Promise.all(paths.map(path => host.blocking.resolve(path)))
  const there = all.filter(reading => reading.ok || reading.fault.code !== 'Absent')
  const seen = new Set<string>()
  return there.filter(reading => !reading.ok || (!seen.has(reading.value) && seen.add(reading.value)))
}
