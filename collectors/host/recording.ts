import type { ApiFailure, Blocking, FileEntry, Host, HttpAnswer, Lease, Services } from '../host.ts'
import { type Fault, fault, type Reading } from '../reading.ts'

/** Every answer that a host gave, by the question: `read /proc/loadavg`, `statfs /var`. */
export type Answers = Map<string, Reading<unknown>>

const question = (call: string, args: readonly unknown[]): string => `${call} ${args.join(' ')}`

/** Whatever keys are asked for: then a recording also answers an agent that asks for others. */
const textQuestion = (path: string, maxBytes: number): string => question('readText', [path, maxBytes])

/** Wraps a host and notes its answers. Those of blocking calls are noted when they arrive. */
export function recorder(host: Host, note: (question: string, answer: Reading<unknown>) => void): Host {
  const now =
    <A extends unknown[], T>(name: string, call: (...args: A) => Reading<T>) =>
    (...args: A): Reading<T> => {
      const answer = call(...args)
      note(question(name, args), answer)
      return answer
    }
  const later =
    <A extends unknown[], T>(name: string, call: (...args: A) => Promise<Reading<T>>) =>
    async (...args: A): Promise<Reading<T>> => {
      const answer = await call(...args)
      note(question(name, args), answer)
      return answer
    }
  const { blocking, services } = host
  return {
    read: now('read', path => host.read(path)),
    list: now('list', path => host.list(path)),
    readlink: now('readlink', path => host.readlink(path)),
    blocking: {
      statfs: later('statfs', path => blocking.statfs(path)),
      statfsServed: later('statfs', path => blocking.statfsServed(path)),
      readText: later('readText', (path, maxBytes) => blocking.readText(path, maxBytes)),
      readJson: async (path, maxBytes, keys) => {
        const answer = await blocking.readJson(path, maxBytes, keys)
        note(textQuestion(path, maxBytes), answer)
        return answer
      },
      files: later('files', (path, depth) => blocking.files(path, depth)),
      resolve: later('resolve', path => blocking.resolve(path)),
    },
    services: {
      lease: now('lease', () => services.lease()),
      ask: later('ask', url => services.ask(url)),
    },
  }
}

/** Answers from a recording. What was not asked when it was made is absent. */
export function replay(answers: Answers): Host {
  const now =
    (name: string) =>
    (...args: unknown[]): Reading<never> =>
      (answers.get(question(name, args)) as Reading<never> | undefined) ??
      fault('Absent', `${args[0] ?? name}: not in this capture`)
  const later =
    (name: string) =>
    async (...args: unknown[]) =>
      now(name)(...args)
  const blocking: Blocking = {
    statfs: later('statfs'),
    statfsServed: later('statfs'),
    readText: later('readText'),
    readJson: async (path, maxBytes) => now('readText')(path, maxBytes),
    files: later('files'),
    resolve: later('resolve'),
  }
  const services: Services = { lease: now('lease'), ask: later('ask') }
  return { read: now('read'), list: now('list'), readlink: now('readlink'), blocking, services }
}

const isText = (value: unknown): boolean => typeof value === 'string'

const isListOf =
  (is: (item: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(is)

const hasNumbers = (value: unknown, keys: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  keys.every(key => Number.isFinite((value as Readonly<Record<string, unknown>>)[key]))

const OF_A_FILE = ['sizeBytes', 'allocatedBytes', 'inode', 'modifiedMs'] satisfies (keyof FileEntry)[]

const isFileEntry = (value: unknown): boolean => hasNumbers(value, OF_A_FILE) && isText((value as FileEntry).path)

const isNullOr =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || is(value)

const OF_A_LEASE = ['durationSeconds', 'ageMs', 'renewals'] satisfies (keyof Lease)[]

const isLease = (value: unknown): boolean => {
  if (!hasNumbers(value, OF_A_LEASE)) return false
  const { probe, apiError, answeringForMs } = value as Lease
  return (
    isNullOr(Number.isFinite)(answeringForMs) &&
    isNullOr(answer => hasNumbers(answer, ['ageMs', 'roundTripMs']))(probe) &&
    isNullOr(failure => hasNumbers(failure, ['code']) && isText((failure as ApiFailure).message))(apiError)
  )
}

/** Sizes of file systems are looked at by their collector, which names the file system. */
const VALUES: Readonly<Record<string, (value: unknown) => boolean>> = {
  read: isText,
  list: isListOf(isText),
  readlink: isText,
  readText: isText,
  files: isListOf(isFileEntry),
  resolve: isText,
  lease: isLease,
  ask: value => hasNumbers(value, ['code', 'roundTripMs']) && isNullOr(isText)((value as HttpAnswer).error),
}

const isFault = (value: unknown): boolean => {
  const { code, detail } = (value ?? {}) as Partial<Fault>
  return isText(code) && isText(detail)
}

/** Whether a recording's answer is one that a host can give to this question. Questions that we do not know are never asked. */
export function isAnswer(question: string, answer: unknown): boolean {
  const { ok, value, partial, fault: why } = (answer ?? {}) as Readonly<Record<string, unknown>>
  if (ok === false) return isFault(why)
  const is = VALUES[question.slice(0, question.indexOf(' '))]
  return ok === true && (is === undefined || is(value)) && (partial === undefined || isFault(partial))
}
