import { collector } from './collector.ts'
import { isDisk, isNetwork, isScratch } from './filesystemtypes.ts'
import type { Blocking, StatFs } from './host.ts'
import { type Mount, mountsOf } from './mounts.ts'
import { type Fault, fault, ok, okBut, type Reading } from './reading.ts'

/**
 * statfs(2) of every file system that can fill up, once per super block, at the mount points of `/proc/1/mountinfo`.
 *
 *     /var/lib/kubelet: blockSize 4096, blocks 2580302, freeBlocks 1310720, availableBlocks 1179648, files 655360, freeFiles 600000
 *
 * All gauges. `files` is 0 where inodes are made on demand (btrfs, vfat). Only types that hold data are asked: never
 * autofs (it would mount something), images that are full by design (squashfs, iso9660, erofs), overlay, tmpfs of pods.
 * Each file system has a reading of its own: one that hangs takes nothing away from the others.
 * man 2 statfs; kernel: fs/statfs.c
 */
export interface Filesystem {
  /** `major:minor` of the super block. */
  readonly dev: string
  /** Where it was asked; one of its mount points. */
  readonly mountPoint: string
  readonly type: string
  readonly space: Reading<StatFs>
}

/** A super block and where it can be asked, in order of preference. */
interface Probe {
  readonly dev: string
  readonly type: string
  readonly mountPoints: readonly string[]
}

export const filesystems = collector({
  name: 'filesystems',
  source: 'statfs of the mounts in /proc/1/mountinfo',
  absentWhen: 'no mounted file system can be asked: the root file system is not visible here',
  collect: (host, _places, mounts = mountsOf(host)) =>
    collectMatching(host.blocking.statfs, mounts(), mount => isDisk(mount) || isScratch(mount)),
})

export const networkfilesystems = collector({
  name: 'networkfilesystems',
  source: 'statfs of the network and FUSE mounts in /proc/1/mountinfo',
  absentWhen: 'no network or FUSE file system is mounted',
  // Each call is a question to a server; a dead one costs a helper process its deadline.
  everyMs: 60_000,
  collect: (host, _places, mounts = mountsOf(host)) => collectMatching(host.blocking.statfsServed, mounts(), isNetwork),
})

async function collectMatching(
  statfs: Blocking['statfs'],
  mounts: Reading<Mount[]>,
  wanted: (mount: Mount) => boolean,
): Promise<Reading<Filesystem[]>> {
  if (!mounts.ok) return mounts
  const asked = await Promise.all(probes(mounts.value, wanted).map(probe => ask(statfs, probe)))
  const answered = asked.filter(({ space }) => space.ok || space.fault.code !== 'Absent')
  if (answered.length === 0) return fault('Absent', 'no such file system is mounted where it can be asked')
  const trouble = answered.map(({ space }) => (space.ok ? null : space.fault)).find(isTrouble)
  if (trouble === undefined) return ok(answered)
  return answered.some(({ space }) => space.ok) ? okBut(answered, trouble) : { ok: false, fault: trouble }
}

/** FUSE refuses root by design (no `allow_root`): that is no fault of this collector. */
const isTrouble = (found: Fault | null): found is Fault => found !== null && found.code !== 'Denied'

/** The super blocks of these mounts. A mount point that is mounted over shows the last mount, so the others cannot be asked there. */
export function probes(mounts: readonly Mount[], wanted: (mount: Mount) => boolean): Probe[] {
  const visible = new Map(mounts.map(mount => [mount.mountPoint, mount]))
  const candidates = mounts.filter(mount => visible.get(mount.mountPoint) === mount && wanted(mount))
  return [...Map.groupBy(candidates, mount => mount.dev)].map(([dev, group]) => {
    // Whole mounts before bind mounts of a part: those come and go with pods.
    const whole = group.filter(mount => mount.root === '/')
    const part = group.filter(mount => mount.root !== '/')
    return { dev, type: group[0]!.type, mountPoints: [...whole, ...part].map(mount => mount.mountPoint) }
  })
}

/** A mount point may vanish while we look, or lie below another mount; after so many the file system counts as gone. */
const MAX_TRIES = 8

async function ask(statfs: Blocking['statfs'], { dev, type, mountPoints }: Probe): Promise<Filesystem> {
  let last: Filesystem | undefined
  for (const mountPoint of mountPoints.slice(0, MAX_TRIES)) {
    last = { dev, mountPoint, type, space: plausible(mountPoint, await statfs(mountPoint)) }
    if (last.space.ok || last.space.fault.code !== 'Absent') break
  }
  return last!
}

const FIELDS = ['blockSize', 'blocks', 'freeBlocks', 'availableBlocks', 'files', 'freeFiles'] as const

/** Captures come from elsewhere: only counts that are numbers get in. */
function plausible(mountPoint: string, reading: Reading<StatFs>): Reading<StatFs> {
  if (!reading.ok) return reading
  const wrong = FIELDS.find(field => !(Number.isFinite(reading.value?.[field]) && reading.value[field] >= 0))
  return wrong === undefined ? reading : fault('Malformed', `statfs ${mountPoint}: ${wrong} is not a count`)
}
