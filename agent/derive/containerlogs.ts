import type { ContainerLog } from '../../collectors/containerlogs.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, intervalOf, quotient, readingOf, type Step } from './step.ts'
import { mountFinder } from './superblocks.ts'

export const containerlogSignals = {
  'containerlog.sizeBytes': {
    unit: 'bytes',
    subject: 'Container',
    worse: 'up',
    help: "Size of a container's log with its rotated files",
  },
  'containerlog.growthBytesPerSecond': {
    unit: 'bytesPerSecond',
    subject: 'Container',
    worse: 'up',
    help: 'What a container wrote to its log, counted across rotations',
  },
  'containerlog.filesystemRatio': {
    unit: 'ratio',
    subject: 'Container',
    worse: 'up',
    help: "Size of a container's log as a share of the file system that it lies on",
  },
} as const satisfies Record<string, SignalDefinition>

/** What the rules need to know of a container's log beside its signals. */
export interface ContainerLogFact {
  /** 12 hex digits of docker's id, or `namespace/pod/container`: CRI paths hold no id. */
  readonly name: string
  readonly containerId: string | null
  readonly namespace: string | null
  readonly pod: string | null
  readonly podUid: string | null
  /** Name of the container, in its pod or, without one, by itself. */
  readonly container: string | null
  readonly directory: string
  /** File that is being written, in that directory. */
  readonly current: string
  readonly fileCount: number
  /** Somebody rotates it. */
  readonly rotated: boolean
  readonly allocatedBytes: number
}

export const containerlogs = derivation({
  start: null,
  step(state, step): { state: null; facts: ContainerLogFact[] } {
    const nameOf = namer(step)
    // A pod that comes back under its name leaves its old directory for a while: both are one container's log.
    const logs = Map.groupBy(readingOf(step.curr, 'containerlogs') ?? [], log => nameOf(log).name)
    const interval = intervalOf(step, 'containerlogs')
    const before = new Map((interval?.before ?? []).map(log => [log.directory, log]))
    const sizeOf = filesystemSizes(step)
    const facts = [...logs].map(([name, parts]) => {
      const largest = parts.reduce((a, b) => (sum(b, 'sizeBytes') > sum(a, 'sizeBytes') ? b : a))
      const sizeBytes = total(parts.map(part => sum(part, 'sizeBytes')))
      step.signals.set('containerlog.sizeBytes', name, sizeBytes)
      step.signals.set('containerlog.filesystemRatio', name, quotient(sizeBytes, sizeOf(largest.directory)))
      if (interval)
        step.signals.set('containerlog.growthBytesPerSecond', name, quotient(grown(parts, before), interval.seconds))
      return { ...nameOf(largest), ...describe(largest, parts) }
    })
    return { state, facts }
  },
})

type Names = Pick<ContainerLogFact, 'name' | 'containerId' | 'namespace' | 'pod' | 'podUid' | 'container'>

function namer({ curr }: Step): (log: ContainerLog) => Names {
  const byId = new Map((readingOf(curr, 'containernames') ?? []).map(name => [name.containerId, name]))
  return ({ containerId, owner, directory }) => {
    if (owner) {
      const { namespace, pod, uid, container } = owner
      return { name: `${namespace}/${pod}/${container}`, containerId: null, namespace, pod, podUid: uid, container }
    }
    const known = byId.get(containerId ?? '')
    return {
      name: containerId?.slice(0, 12) ?? directory,
      containerId,
      namespace: known?.owner?.namespace ?? null,
      pod: known?.owner?.pod ?? null,
      podUid: null,
      container: known?.owner?.container ?? known?.name ?? null,
    }
  }
}

function describe(
  { directory, files }: ContainerLog,
  parts: readonly ContainerLog[],
): Omit<ContainerLogFact, keyof Names> {
  const all = parts.flatMap(part => part.files)
  return {
    directory,
    current: (files.find(({ current }) => current) ?? files[0])?.name ?? '',
    fileCount: all.length,
    rotated: all.some(({ name }) => !name.endsWith('.log')),
    allocatedBytes: total(parts.map(part => sum(part, 'allocatedBytes'))),
  }
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const sum = ({ files }: ContainerLog, field: 'sizeBytes' | 'allocatedBytes'): number =>
  total(files.map(file => file[field]))

/** Bytes written since the reading before; undefined unless one of the directories was there then. */
function grown(parts: readonly ContainerLog[], before: ReadonlyMap<string, ContainerLog>): number | undefined {
  const known = parts.filter(({ directory }) => before.has(directory))
  return known.length === 0 ? undefined : total(known.map(part => writtenBetween(before.get(part.directory)!, part)))
}

/** Being compressed, or just so: the same bytes once more. */
const COMPRESSED = /\.(gz|zst|tmp)$/

/** A lower bound: what was rotated away between two readings is missed. */
function writtenBetween(before: ContainerLog, after: ContainerLog): number {
  const inodes = new Set(before.files.map(({ inode }) => inode))
  return after.files.some(({ inode }) => inodes.has(inode))
    ? writtenByInode(before, after)
    : writtenByName(before, after)
}

/**
 * Files are followed by inode, so that a renamed one is no new one. What was truncated has grown by what it holds now.
 * `copytruncate` leaves a new file that is a copy.
 */
function writtenByInode(before: ContainerLog, after: ContainerLog): number {
  const sizes = new Map(before.files.map(({ inode, sizeBytes }) => [inode, sizeBytes]))
  const truncated = after.files.some(({ current, inode, sizeBytes }) => current && sizeBytes < (sizes.get(inode) ?? 0))
  return total(
    after.files.map(({ name, inode, current, sizeBytes }) => {
      const was = sizes.get(inode)
      if (was === undefined) return COMPRESSED.test(name) || (truncated && !current) ? 0 : sizeBytes
      return sizeBytes >= was ? sizeBytes - was : current ? sizeBytes : 0
    }),
  )
}

/** Copies of a machine, frame by frame, have no inode in common: then names must do, and a smaller file was rotated. */
function writtenByName(before: ContainerLog, after: ContainerLog): number {
  const now = after.files.find(({ current }) => current)
  if (now === undefined) return 0
  const was = before.files.find(({ name }) => name === now.name)?.sizeBytes ?? 0
  if (now.sizeBytes >= was) return now.sizeBytes - was
  const known = new Set(before.files.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`))
  const rotated = after.files.find(
    ({ name, current, sizeBytes }) =>
      !current && sizeBytes >= was && !COMPRESSED.test(name) && !known.has(`${name} ${sizeBytes}`),
  )
  return now.sizeBytes + (rotated === undefined ? 0 : rotated.sizeBytes - was)
}

/** Size of the file system that holds a directory; undefined where that is unknown, as on a network's. */
function filesystemSizes({ curr }: Step): (directory: string) => number | undefined {
  const sizes = new Map(
    (readingOf(curr, 'filesystems') ?? []).flatMap(({ dev, space }) =>
      space.ok ? [[dev, space.value.blocks * space.value.blockSize]] : [],
    ),
  )
  const mountOf = mountFinder(readingOf(curr, 'mounts') ?? [])
  return directory => sizes.get(mountOf(directory)?.dev ?? '')
}
