import type { Filesystem } from '../../collectors/filesystems.ts'
import type { StatFs } from '../../collectors/host.ts'
import type { Role } from '../rules/rule.ts'
import type { SignalDefinition } from '../signals.ts'
import { isWritable } from './readonly.ts'
import { derivation, quotient, readingOf, type Step } from './step.ts'
import type { SuperBlock } from './superblocks.ts'
import { addPoint, forecast, type Point } from './trend.ts'

const ofSpace = { subject: 'Filesystem', worse: 'neither' } as const
const ofBoth = 'of its inodes under `<mount point>#inodes`'

export const filesystemSignals = {
  'filesystem.sizeBytes': { ...ofSpace, unit: 'bytes', help: 'Size (df)' },
  'filesystem.availableBytes': {
    ...ofSpace,
    unit: 'bytes',
    worse: 'down',
    help: 'Available to unprivileged processes (df, kubelet)',
  },
  'filesystem.usedRatio': {
    ...ofSpace,
    unit: 'ratio',
    worse: 'up',
    help: `Used share as df tells it (Use%); ${ofBoth}`,
  },
  'filesystem.availableRatio': {
    ...ofSpace,
    unit: 'ratio',
    worse: 'down',
    help: `Available share of the size, as the kubelet counts; ${ofBoth}`,
  },
  'filesystem.inodes': {
    ...ofSpace,
    unit: 'count',
    help: 'Inodes (df -i); none where they are made on demand (btrfs)',
  },
  'filesystem.freeInodes': { ...ofSpace, unit: 'count', worse: 'down', help: 'Free inodes (df -i)' },
  'filesystem.marginRatio': {
    ...ofSpace,
    unit: 'ratio',
    worse: 'down',
    help: `Available share above the line at which the kubelet evicts pods, negative past it; ${ofBoth}`,
  },
  'filesystem.fillBytesPerSecond': {
    ...ofSpace,
    unit: 'bytesPerSecond',
    worse: 'up',
    help: 'Growth of what is used, by robust slope (Theil-Sen)',
  },
  'filesystem.fillInodesPerSecond': { ...ofSpace, unit: 'perSecond', worse: 'up', help: 'Growth of used inodes' },
  'filesystem.timeToLineMs': {
    ...ofSpace,
    unit: 'ms',
    worse: 'down',
    help: `Time until the eviction line at the present growth, if that can be told; ${ofBoth}`,
  },
  'filesystem.timeToFullMs': {
    ...ofSpace,
    unit: 'ms',
    worse: 'down',
    help: `Time until nothing is available at the present growth, if that can be told; ${ofBoth}`,
  },
} as const satisfies Record<string, SignalDefinition>

/**
 * Available share below which the kubelet evicts pods: its defaults (pkg/kubelet/apis/config/v1beta1/defaults_linux.go).
 * Where it evicts nobody, the share below which ext4 keeps space for root.
 */
const LINES = { kubeletRoot: 0.1, imageStore: 0.15, other: 0.05, inodes: 0.05 } as const

/** What the rules need to know of a file system beside its signals. */
export interface FilesystemFact {
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  readonly role: Role
  readonly purposes: readonly string[]
  /** The kubelet removes images from it when it gets full: it goes up and down. */
  readonly imageStore: boolean
  readonly writable: boolean
  /** Available share at which the kubelet evicts pods. */
  readonly line: number
  /** False where it did not answer. */
  readonly measured: boolean
  /** It counts inodes. */
  readonly hasInodes: boolean
  /** Uid of the pod whose volume it is. */
  readonly podUid: string | null
}

type Windows = ReadonlyMap<string, readonly Point[]>

/** The subject under which a file system's inodes go. */
export const inodesOf = (mountPoint: string): string => `${mountPoint}#inodes`

export const filesystems = derivation({
  start: new Map() as Windows,
  step(windows, step): { state: Windows; facts: FilesystemFact[] } {
    const blocks = step.superBlocks
    const next = new Map<string, readonly Point[]>()
    const local = readingOf(step.curr, 'filesystems') ?? []
    for (const found of local) {
      if (found.space.ok) stepSpace(found, found.space.value, lineOf(blocks.get(found.dev)), windows, next, step)
    }
    for (const { mountPoint, space } of readingOf(step.curr, 'networkfilesystems') ?? []) {
      if (space.ok) setSpace(mountPoint, space.value, step)
    }
    return { state: next, facts: local.flatMap(found => describe(found, blocks.get(found.dev))) }
  },
})

/** Sizes of one file system, how far its space and its inodes are from the line, and when they get there. */
function stepSpace(
  { dev, mountPoint }: Filesystem,
  space: StatFs,
  line: number,
  windows: Windows,
  next: Map<string, readonly Point[]>,
  step: Step,
): void {
  setSpace(mountPoint, space, step)
  const { atMs } = step.curr.readings.filesystems
  const trend = (key: string, used: number, subject: string, available: number, aboveLine: number) => {
    const window = addPoint(windows.get(key) ?? [], { atMs, used })
    next.set(key, window)
    const found = forecast(window)
    step.signals.set('filesystem.timeToLineMs', subject, found?.ms(aboveLine))
    step.signals.set('filesystem.timeToFullMs', subject, found?.ms(available))
    return found?.perSecond
  }
  const { blockSize, blocks, freeBlocks, availableBlocks, files, freeFiles } = space
  if (blocks > 0) {
    const aboveLine = (availableBlocks - line * blocks) * blockSize
    step.signals.set('filesystem.marginRatio', mountPoint, availableBlocks / blocks - line)
    const used = (blocks - freeBlocks) * blockSize
    const perSecond = trend(`${dev} space`, used, mountPoint, availableBlocks * blockSize, aboveLine)
    step.signals.set('filesystem.fillBytesPerSecond', mountPoint, perSecond)
  }
  if (files > 0) {
    const subject = inodesOf(mountPoint)
    step.signals.set('filesystem.marginRatio', subject, freeFiles / files - LINES.inodes)
    const aboveLine = freeFiles - LINES.inodes * files
    const perSecond = trend(`${dev} inodes`, files - freeFiles, subject, freeFiles, aboveLine)
    step.signals.set('filesystem.fillInodesPerSecond', subject, perSecond)
  }
}

function setSpace(mountPoint: string, space: StatFs, { signals }: Step): void {
  const { blockSize, blocks, freeBlocks, availableBlocks, files, freeFiles } = space
  if (blocks > 0) {
    const used = blocks - freeBlocks
    signals.set('filesystem.sizeBytes', mountPoint, blocks * blockSize)
    signals.set('filesystem.availableBytes', mountPoint, availableBlocks * blockSize)
    signals.set('filesystem.usedRatio', mountPoint, quotient(used, used + availableBlocks))
    signals.set('filesystem.availableRatio', mountPoint, availableBlocks / blocks)
  }
  if (files > 0) {
    const subject = inodesOf(mountPoint)
    signals.set('filesystem.inodes', mountPoint, files)
    signals.set('filesystem.freeInodes', mountPoint, freeFiles)
    signals.set('filesystem.usedRatio', subject, (files - freeFiles) / files)
    signals.set('filesystem.availableRatio', subject, freeFiles / files)
  }
}

/** At the kubelet root its own line holds, also where images lie beside it: those the kubelet removes before it evicts pods. */
function lineOf(block: SuperBlock | undefined): number {
  if (block?.purposes.includes('kubelet root')) return LINES.kubeletRoot
  return block?.imageStore ? LINES.imageStore : LINES.other
}

/** A mount that came or went between the two readings is not described. */
function describe({ mountPoint, type, space }: Filesystem, block: SuperBlock | undefined): FilesystemFact[] {
  if (block === undefined) return []
  const { source, role, purposes, imageStore, mountPoints } = block
  const volume = mountPoints.map(path => /\/pods\/([^/]+)\/volumes\//.exec(path)?.[1]).find(uid => uid !== undefined)
  return [
    {
      mountPoint,
      type,
      source,
      role,
      purposes,
      imageStore,
      writable: block.mounts.some(isWritable),
      line: lineOf(block),
      measured: space.ok,
      hasInodes: space.ok && space.value.files > 0,
      podUid: role === 'volume' ? (volume ?? null) : null,
    },
  ]
}
