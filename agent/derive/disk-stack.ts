import { type BlockDevice, NEVER_A_DISK } from '../../collectors/blockdevices.ts'
import type { DiskStats } from '../../collectors/diskstats.ts'
import type { Mount } from '../../collectors/mounts.ts'
import type { Role } from '../rules/rule.ts'
import { readingOf, type Step } from './step.ts'
import { mountFinder, type SuperBlock } from './superblocks.ts'

/** What the rules need to know of a disk beside its signals. */
export interface Disk {
  readonly name: string
  readonly dev: string
  readonly device: BlockDevice | undefined
  /** Devices directly below: members of dm and md, the disk that holds a loop device's file. */
  readonly below: readonly string[]
  /** Where file systems on it, its partitions or devices above it are mounted. */
  readonly mountPoints: readonly string[]
  readonly role: Role
}

/** Partitions count in their disk, loop devices without a file are none. */
export function wholeDisks(stats: readonly DiskStats[], devices: ReadonlyMap<string, BlockDevice>): DiskStats[] {
  const diskOf = partitionParents(stats, devices)
  const unused = (name: string): boolean => name.startsWith('loop') && devices.get(name)?.backingFile === null
  // A row that sysfs does not list as a disk is a partition, also where nobody knows of which.
  const isDisk = (name: string): boolean => (devices.size > 0 ? devices.has(name) : diskOf(name) === name)
  return stats.filter(({ name }) => !NEVER_A_DISK.test(name) && isDisk(name) && !unused(name))
}

/** The disk of a partition, any other name as it is: `vda1` and `nvme0n1p1` belong to `vda` and `nvme0n1`. */
function partitionParents(
  stats: readonly DiskStats[],
  devices: ReadonlyMap<string, BlockDevice>,
): (name: string) => string {
  const names = new Set(devices.size > 0 ? devices.keys() : stats.map(disk => disk.name))
  return name => {
    if (devices.has(name)) return name
    const parent = /^(.*\d)p\d+$/.exec(name)?.[1] ?? /^(.*\D)\d+$/.exec(name)?.[1]
    return parent !== undefined && names.has(parent) ? parent : name
  }
}

/**
 * How whole disks stack, what is mounted on them and who depends on it. `all` holds partitions too, whose device numbers
 * mounts name. Linear but for the height of the stack.
 */
export function describeDisks(
  whole: readonly DiskStats[],
  all: readonly DiskStats[],
  devices: ReadonlyMap<string, BlockDevice>,
  step: Pick<Step, 'curr' | 'places' | 'superBlocks'>,
): Disk[] {
  const mounts = readingOf(step.curr, 'mounts') ?? []
  const diskOf = partitionParents(all, devices)
  const diskOfDev = new Map(all.map(({ dev, name }) => [dev, diskOf(name)]))
  const blocksOf = Map.groupBy(
    step.superBlocks.values(),
    block => diskOfDev.get(block.dev) ?? diskOf(block.source.replace('/dev/', '')),
  )
  const rawVolumes = rawBlockVolumes(mounts, step.places)
  const holderOf = fileHolder(mounts, diskOfDev)
  const below = new Map(whole.map(({ name }) => [name, devicesBelow(devices.get(name), holderOf).map(diskOf)]))
  const directlyAbove = invert(below)
  return whole.map(({ name, dev }) => {
    const own = blocksOf.get(name) ?? []
    const above = reachable(name, directlyAbove).flatMap(other => blocksOf.get(other) ?? [])
    return {
      name,
      dev,
      device: devices.get(name),
      below: below.get(name)!,
      mountPoints: (own.length > 0 ? own : above).flatMap(block => block.mountPoints),
      role: roleOf([...own, ...above], rawVolumes.has(name)),
    }
  })
}

/** The disk on which a file lies. */
function fileHolder(
  mounts: readonly Mount[],
  diskOfDev: ReadonlyMap<string, string>,
): (path: string) => string | undefined {
  const mountOf = mountFinder(mounts)
  return path => diskOfDev.get(mountOf(path)?.dev ?? '')
}

function devicesBelow(device: BlockDevice | undefined, holderOf: (path: string) => string | undefined): string[] {
  if (device === undefined) return []
  const holder = device.backingFile === null ? undefined : holderOf(device.backingFile)
  return holder === undefined || holder === device.name ? [...device.members] : [...device.members, holder]
}

/** Devices directly above each. */
function invert(below: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const above = new Map<string, string[]>()
  for (const [upper, lowers] of below) {
    for (const lower of lowers) above.set(lower, [...(above.get(lower) ?? []), upper])
  }
  return above
}

/** Everything on top of a device, directly or through others, each once; a circle ends the search. */
function reachable(start: string, directlyAbove: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>([start])
  for (const name of found) for (const upper of directlyAbove.get(name) ?? []) found.add(upper)
  found.delete(start)
  return [...found]
}

/** Disks given to pods as raw block devices: the kubelet mounts their nodes of /dev below its plugins. */
function rawBlockVolumes(mounts: readonly Mount[], { kubeletRoots }: Step['places']): ReadonlySet<string> {
  const devices = mounts.filter(({ type, root }) => type === 'devtmpfs' && root !== '/')
  const given = devices.filter(({ mountPoint }) => kubeletRoots.some(root => mountPoint.startsWith(`${root}/`)))
  return new Set(given.map(({ root }) => root.slice(1)))
}

/** A pod's volume only on evidence and where nothing else lies on the disk; what nobody mounted (LVM, swap, unknown) counts as the node's. */
function roleOf(blocks: readonly SuperBlock[], rawVolume: boolean): Role {
  const evidence = blocks.length > 0 || rawVolume
  return evidence && blocks.every(block => block.role === 'volume') ? 'volume' : 'node'
}
