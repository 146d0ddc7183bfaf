import { type Api, ApiError, type Call } from './api.ts'

/** What every object of the API has, as far as we look. */
export interface KubernetesObject {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string }
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: T
}

interface ListOf<T> {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly T[]
}

/** One object of the API: its collection, and its name therein. */
export interface Followed {
  /** As RBAC spells it. */
  readonly resource: string
  /** `/api/v1/nodes` */
  readonly collection: string
  readonly name: string
}

/** From the first to the longest pause before another attempt. */
export interface Retry {
  readonly firstMs: number
  readonly lastMs: number
}

/** The server ends a watch after this; spread, so that a fleet does not come back at once. */
const WATCH_SECONDS = { least: 300, spread: 300 }

/** What the server answered, as the object of this name; a proxy's page in JSON is none. Throws ApiError. */
export function requireObject<T extends KubernetesObject>(object: unknown, name: string): T {
  const { metadata } = (object ?? {}) as Partial<KubernetesObject>
  if (metadata?.name !== name) throw new ApiError(`the answer is no object named ${name}`, 0)
  return object as T
}

const selecting = (name: string) => `metadata.name=${name}`

/** The object as it stands, and the version from which on to watch. */
export async function list<T extends KubernetesObject>(
  api: Api,
  { resource, collection, name }: Followed,
  signal: AbortSignal,
): Promise<{ version: string; object: T | null }> {
  const query = { fieldSelector: selecting(name) }
  const { object } = await api.ask<Partial<ListOf<unknown>> | null>(
    { verb: 'list', resource, path: collection, query },
    signal,
  )
  const { metadata, items } = object ?? {}
  // Of the list, not of the object: what has not changed for long is too old to watch from.
  const version = metadata?.resourceVersion
  if (typeof version !== 'string' || !Array.isArray(items))
    throw new ApiError(`the answer is no list of ${resource}`, 0)
  const [item] = items.map(item => requireObject<T>(item, name))
  return { version, object: item ?? null }
}

interface Watching<T> {
  onEvent(object: T | null): void
  onWorks(): void
  readonly signal: AbortSignal
  readonly retry: Retry
}

/**
 * One watch after the other. A watch works when something comes in later than the first pause, so that nobody can drive us
 * in a circle, or when it lasts half the longest pause: some proxies cut what is silent for not much longer.
 */
export async function watch<T extends KubernetesObject>(
  api: Api,
  followed: Followed,
  from: string,
  { onEvent, onWorks, signal, retry }: Watching<T>,
): Promise<void> {
  let version = from
  while (!signal.aborted) {
    let works = false
    const noteWorks = () => {
      works = true
      onWorks()
    }
    const begunMs = performance.now()
    const timer = setTimeout(noteWorks, retry.lastMs / 2)
    const take = (event: unknown) => {
      const { type, object } = eventOf<T>(event, followed.name)
      version = object.metadata.resourceVersion ?? version
      if (performance.now() - begunMs >= retry.firstMs) noteWorks()
      if (type !== 'BOOKMARK') onEvent(type === 'DELETED' ? null : object)
    }
    await api.watch(watchCall(followed, version), take, signal).finally(() => clearTimeout(timer))
    if (!works) throw new ApiError('the watch ended early', 0)
  }
}

function watchCall({ resource, collection, name }: Followed, resourceVersion: string): Call {
  const timeoutSeconds = Math.round(WATCH_SECONDS.least + WATCH_SECONDS.spread * Math.random())
  const query = {
    watch: 'true',
    fieldSelector: selecting(name),
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(timeoutSeconds),
  }
  return { verb: 'watch', resource, path: collection, query }
}

function eventOf<T extends KubernetesObject>(event: unknown, name: string): WatchEvent<T> {
  const { type, object } = (event ?? {}) as Partial<WatchEvent<T>>
  if (type === 'ERROR') throw gone(object)
  // A bookmark is an object without a name.
  if (type === 'BOOKMARK' && object?.metadata) return { type, object }
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED')
    throw new ApiError('the answer is no event of a watch', 0)
  return { type, object: requireObject<T>(object, name) }
}

/** A Status object in place of an event: 410 where the version is too old to go on from. */
function gone(status: unknown): ApiError {
  const { code = 0, message = 'the watch failed' } = (status ?? {}) as { code?: number; message?: string }
  return new ApiError(message, code)
}
