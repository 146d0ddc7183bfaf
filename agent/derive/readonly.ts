import Type, { type Static } from 'typebox'
import type { Ext4 } from '../../collectors/ext4.ts'
import { isDisk } from '../../collectors/filesystemtypes.ts'
import type { Mount } from '../../collectors/mounts.ts'
import type { Role } from '../rules/rule.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, readingOf, type Step } from './step.ts'

export const readonlySignals = {
  'filesystem.readOnly': {
    unit: 'count',
    subject: 'Filesystem',
    worse: 'up',
    help: '1 where writing ended in this boot: its flags went from rw to ro, or ext4 stopped on an error; else 0',
  },
  'filesystem.errors': {
    unit: 'count',
    subject: 'Filesystem',
    worse: 'up',
    help: 'Errors that ext4 has counted since the last e2fsck (errors_count), where there are any',
  },
} as const satisfies Record<string, SignalDefinition>

/** A file system that nobody can write any more, or that holds errors. */
export interface ReadOnlyFact {
  readonly mountPoint: string
  readonly source: string
  readonly type: string
  readonly role: Role
  /** What the node keeps there. */
  readonly purposes: readonly string[]
  /** `flags`: it turned read-only before our eyes; `errors`: ext4 counted errors in this boot and stops on them; null: neither. */
  readonly turnedBy: 'flags' | 'errors' | null
  /** Read-only as long as we know it: by design, or since before we looked. */
  readonly everReadOnly: boolean
  readonly errorsCount: number
  /** Its errors are told for the first time. */
  readonly news: boolean
}

/** What is remembered of one device while something of it is mounted. */
const watchedSchema = Type.Object({
  mountIds: Type.Array(Type.Integer(), { minItems: 1 }),
  wasWritable: Type.Boolean(),
  errorsCount: Type.Number({ minimum: 0 }),
  /** Errors up to here were there when it was mounted, or are of another boot. */
  oldErrors: Type.Number({ minimum: 0 }),
  /** ext4 stops writing on an error. */
  stopsOnError: Type.Boolean(),
  sessionWriteKbytes: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
})
type Watched = Static<typeof watchedSchema>

const stateSchema = Type.Object({
  /** By `major:minor`; null before the first sample. */
  watched: Type.Union([Type.Record(Type.String(), watchedSchema), Type.Null()]),
  /** Devices whose errors were told in this boot. */
  told: Type.Array(Type.String()),
})
type State = Static<typeof stateSchema>

const READ_ONLY = new Set(['ro', 'emergency_ro', 'shutdown'])

/** By the super block: `ro` of one mount is a choice, often a container's. */
export const isWritable = (mount: Mount): boolean => !mount.superOptions.some(option => READ_ONLY.has(option))

export const readonly = derivation({
  start: { watched: null, told: [] } as State,
  kept: stateSchema,
  step(state, step): { state: State; facts: ReadOnlyFact[] } {
    const mounts = readingOf(step.curr, 'mounts')
    if (mounts === undefined) return { state, facts: [] }
    const byDevice = Map.groupBy(mounts.filter(isDisk), mount => mount.dev)
    const errors = errorsByDevice(step)
    const btime = readingOf(step.curr, 'cpu')?.btime ?? Number.POSITIVE_INFINITY
    const looksAnew = state.watched === null || step.prev === null
    const watched: Record<string, Watched> = {}
    const told = new Set(state.told)
    const facts: ReadOnlyFact[] = []
    for (const [dev, group] of byDevice) {
      const now = watch(group, errors?.get(dev), { known: state.watched?.[dev], btime, looksAnew })
      watched[dev] = now
      const { role, purposes } = step.superBlocks.get(dev)!
      const fact = { ...judgeDevice(group, now), role, purposes, news: now.errorsCount > 0 && !told.has(dev) }
      if (now.errorsCount > 0) told.add(dev)
      step.signals.set('filesystem.readOnly', fact.mountPoint, fact.turnedBy === null ? 0 : 1)
      if (fact.errorsCount > 0) step.signals.set('filesystem.errors', fact.mountPoint, fact.errorsCount)
      if (fact.turnedBy !== null || fact.everReadOnly || fact.errorsCount > 0) facts.push(fact)
    }
    return { state: { watched, told: [...told] }, facts }
  },
})

/** ext4's counts by `major:minor`: sysfs knows the device's name, mountinfo its number. Undefined without a reading. */
function errorsByDevice({ curr }: Step): Map<string, Ext4> | undefined {
  const ext4 = readingOf(curr, 'ext4')
  if (ext4 === undefined) return undefined
  const numbers = new Map((readingOf(curr, 'diskstats') ?? []).map(({ name, dev }) => [name, dev]))
  return new Map(ext4.map(found => [numbers.get(found.device) ?? `none:/dev/${found.device}`, found]))
}

interface Before {
  readonly known: Watched | undefined
  /** When this boot began, in seconds. */
  readonly btime: number
  /** At the start of the agent and after a gap: what was mounted meanwhile may have had its errors meanwhile. */
  readonly looksAnew: boolean
}

function watch(group: readonly Mount[], errors: Ext4 | undefined, { known, btime, looksAnew }: Before): Watched {
  const mountIds = group.map(({ id }) => id)
  const writable = group.some(isWritable)
  // A reading that is lost leaves the count as it was.
  const errorsCount = errors?.errorsCount ?? known?.errorsCount ?? 0
  const sessionWriteKbytes = errors?.sessionWriteKbytes ?? null
  const same = known !== undefined && !mountedAnew(known, mountIds, sessionWriteKbytes)
  const ofThisBoot = (errors?.lastErrorTime ?? 0) > btime
  // Of what we did not see mounted errors of this boot count, but for those known from its last time; of others, those that come.
  const old = looksAnew && ofThisBoot ? Math.min(known?.errorsCount ?? 0, errorsCount) : errorsCount
  return {
    mountIds,
    wasWritable: writable || (same && known.wasWritable),
    errorsCount,
    oldErrors: same ? Math.min(known.oldErrors, errorsCount) : old,
    stopsOnError: errors ? stopsOnError(errors, group) : (known?.stopsOnError ?? false),
    sessionWriteKbytes,
  }
}

function stopsOnError({ errorMode }: Ext4, group: readonly Mount[]): boolean {
  const stops = (option: string) => option === 'errors=remount-ro' || option === 'errors=panic'
  return stops(`errors=${errorMode}`) || group.some(({ superOptions }) => superOptions.some(stops))
}

/** No mount of before is left, or what was written since mounting is less than it was: mount ids are used again. */
function mountedAnew(known: Watched, mountIds: readonly number[], sessionWriteKbytes: number | null): boolean {
  const restarted = (known.sessionWriteKbytes ?? 0) > (sessionWriteKbytes ?? Number.POSITIVE_INFINITY)
  const ids = new Set(mountIds)
  return restarted || !known.mountIds.some(id => ids.has(id))
}

function judgeDevice(group: readonly Mount[], now: Watched): Omit<ReadOnlyFact, 'role' | 'purposes' | 'news'> {
  const { mountPoint, source, type } = group.find(mount => mount.root === '/') ?? group[0]!
  const writable = group.some(isWritable)
  const erred = now.errorsCount > now.oldErrors && now.stopsOnError
  return {
    mountPoint,
    source,
    type,
    turnedBy: !writable && now.wasWritable ? 'flags' : erred ? 'errors' : null,
    everReadOnly: !writable && !now.wasWritable,
    errorsCount: now.errorsCount,
  }
}
