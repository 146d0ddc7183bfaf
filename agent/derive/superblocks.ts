import type { Places } from '../../collectors/collector.ts'
import type { Mount } from '../../collectors/mounts.ts'
import type { Role } from '../rules/rule.ts'

/** One file system with all the places where it is mounted. */
export interface SuperBlock {
  readonly dev: string
  readonly type: string
  readonly source: string
  /** In the order of mountinfo; whole mounts before bind mounts of a part. */
  readonly mountPoints: readonly string[]
  readonly role: Role
  /** What the node keeps there, e.g. `kubelet root`. */
  readonly purposes: readonly string[]
  readonly mounts: readonly Mount[]
}

/** Directories without which the node does not work, whatever Kubernetes distribution runs on it. */
const NODE_PATHS = ['/', '/var/log', '/run']
/** Served over a network or by a process: a dead server is not a dead node. */
const VOLUME_TYPES = /^(nfs4?|cifs|smb3|ceph|glusterfs|lustre|9p|fuse(\..*)?|fuseblk|afs|gpfs|beegfs)$/

/** Groups mounts by super block and tells who depends on each. */
export function superBlocks(mounts: readonly Mount[], places: Places): SuperBlock[] {
  const needed = neededPaths(mounts, places)
  return [...Map.groupBy(mounts, mount => mount.dev)].map(([dev, group]) => {
    const [first] = group as [Mount]
    const purposes = [...new Set(group.flatMap(mount => needed.get(mount.id) ?? []))]
    const sorted = group.toSorted((a, b) => Number(a.root !== '/') - Number(b.root !== '/'))
    return {
      dev,
      type: first.type,
      source: first.source,
      mountPoints: sorted.map(mount => mount.mountPoint),
      role: roleOf(first.type, group, purposes, places),
      purposes,
      mounts: group,
    }
  })
}

function roleOf(type: string, group: readonly Mount[], purposes: readonly string[], places: Places): Role {
  if (purposes.length > 0) return 'node'
  if (VOLUME_TYPES.test(type)) return 'volume'
  return group.some(({ mountPoint }) => isVolume(mountPoint, places)) ? 'volume' : 'node'
}

/** Below `<kubelet root>/pods/<uid>/volumes` or `<kubelet root>/plugins`. */
function isVolume(mountPoint: string, { kubeletRoots }: Places): boolean {
  return kubeletRoots.some(root => {
    if (!mountPoint.startsWith(`${root}/`)) return false
    const below = mountPoint.slice(root.length + 1)
    return below.startsWith('plugins/') || /^pods\/[^/]+\/volumes\//.test(below)
  })
}

/** For each mount, by id, what of the node lies on it. A path lies on the mount with the longest matching mount point, the last one of equals. */
function neededPaths(mounts: readonly Mount[], places: Places): Map<number, string[]> {
  const wanted: [string, string][] = [
    ...NODE_PATHS.map(path => [path, path] as [string, string]),
    ...places.kubeletRoots.map(path => [path, 'kubelet root'] as [string, string]),
    ...places.runtimeRoots.map(path => [path, 'runtime root'] as [string, string]),
  ]
  const needed = new Map<number, string[]>()
  for (const [path, purpose] of wanted) {
    const mount = mountOf(path, mounts)
    if (mount) needed.set(mount.id, [...(needed.get(mount.id) ?? []), purpose])
  }
  return needed
}

export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined
  for (const mount of mounts) {
    const { mountPoint } = mount
    const holds = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`)
    if (holds && mountPoint.length >= (best?.mountPoint.length ?? 0)) best = mount
  }
  return best
}
