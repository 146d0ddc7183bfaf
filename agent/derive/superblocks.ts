import { holdsData, isNetwork } from '../../collectors/filesystemtypes.ts'
import type { Sample } from '../../collectors/index.ts'
import type { Mount } from '../../collectors/mounts.ts'
import type { Role } from '../rules/rule.ts'
import { readingOf, type Step } from './step.ts'

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
  /** The kubelet removes images from it when it gets full. */
  readonly imageStore: boolean
  readonly mounts: readonly Mount[]
}

/** A directory that the node needs, and why. */
interface NeededPath {
  readonly path: string
  readonly purpose: string
}

/** Directories without which the node does not work, whatever Kubernetes distribution runs on it. */
const NODE_PATHS = ['/', '/var/log', '/run'].map(path => ({ path, purpose: path }))
const RUNTIME_ROOT = 'runtime root'
const KUBELET_ROOT = 'kubelet root'

/** Groups mounts that hold data by super block and tells who depends on each. Linear: 500 pods bring 2 000 mounts. */
export function superBlocks({ curr, places }: Pick<Step, 'curr' | 'places'>): Map<string, SuperBlock> {
  const mounts = readingOf(curr, 'mounts') ?? []
  const paths = neededPaths(mounts, curr, places)
  const mountOf = mountFinder(mounts)
  const purposesOf = purposesByMount(mountOf, paths)
  const volumeRoots = [...kubeletRoots(paths), ...places.kubeletRoots].map(root => `${root}/`)
  const storesImages = imageStores(mountOf, paths)
  const blocks = new Map<string, SuperBlock>()
  for (const [dev, group] of Map.groupBy(mounts.filter(holdsData), mount => mount.dev)) {
    const [first] = group as [Mount]
    const purposes = [...new Set(group.flatMap(mount => purposesOf.get(mount) ?? []))]
    const whole = group.filter(mount => mount.root === '/')
    const parts = group.filter(mount => mount.root !== '/')
    blocks.set(dev, {
      dev,
      type: first.type,
      source: first.source,
      mountPoints: [...whole, ...parts].map(mount => mount.mountPoint),
      role: roleOf(group, purposes, volumeRoots),
      purposes,
      imageStore: storesImages.has(dev),
      mounts: group,
    })
  }
  return blocks
}

/** Served by others or below a pod's volumes: a pod's, unless the node keeps something of its own there. */
function roleOf(group: readonly Mount[], purposes: readonly string[], volumeRoots: readonly string[]): Role {
  if (purposes.length > 0) return 'node'
  return isNetwork(group[0]!) || group.some(({ mountPoint }) => isVolume(mountPoint, volumeRoots)) ? 'volume' : 'node'
}

/** Below `<kubelet root>/pods/<uid>/volumes` or `<kubelet root>/plugins`. */
function isVolume(mountPoint: string, volumeRoots: readonly string[]): boolean {
  return volumeRoots.some(root => {
    if (!mountPoint.startsWith(root)) return false
    const below = mountPoint.slice(root.length)
    return below.startsWith('plugins/') || /^pods\/[^/]+\/volumes\//.test(below)
  })
}

/**
 * Where links lead, as far as that was read. A configured directory that nobody found is still there where something is
 * mounted on exactly that path: captures hold mounts and no directories.
 */
function neededPaths(mounts: readonly Mount[], curr: Sample, places: Step['places']): NeededPath[] {
  const configured = [
    ...places.kubeletRoots.map(path => ({ path, purpose: KUBELET_ROOT })),
    ...[...places.runtimeRoots, ...places.dockerRoots].map(path => ({ path, purpose: RUNTIME_ROOT })),
  ]
  const found = readingOf(curr, 'nodepaths')
  if (found === undefined) return configured
  const mountPoints = new Set(mounts.map(mount => mount.mountPoint))
  return [
    ...found.map(({ resolved, purpose }) => ({ path: resolved, purpose })),
    ...configured.filter(({ path }) => mountPoints.has(path)),
  ]
}

const kubeletRoots = (paths: readonly NeededPath[]): string[] =>
  paths.filter(({ purpose }) => purpose === KUBELET_ROOT).map(({ path }) => path)

/** What of the node lies on each mount. */
function purposesByMount(mountOf: MountOf, paths: readonly NeededPath[]): Map<Mount, string[]> {
  const purposes = new Map<Mount, string[]>()
  for (const { path, purpose } of [...NODE_PATHS, ...paths]) {
    const mount = mountOf(path)
    if (mount) purposes.set(mount, [...(purposes.get(mount) ?? []), purpose])
  }
  return purposes
}

/**
 * Devices from which the kubelet removes images: those of runtime roots. Without a kubelet nobody does: then a runtime's
 * directory on the root file system is like any other, and only a file system of its own counts as an image store.
 */
function imageStores(mountOf: MountOf, paths: readonly NeededPath[]): ReadonlySet<string> {
  const hasKubelet = kubeletRoots(paths).length > 0
  const devices = paths
    .filter(({ purpose }) => purpose === RUNTIME_ROOT)
    .map(({ path }) => ({ path, mount: mountOf(path) }))
    .filter(({ path, mount }) => mount !== undefined && (hasKubelet || mount.mountPoint === path))
  return new Set(devices.map(({ mount }) => mount!.dev))
}

type MountOf = (path: string) => Mount | undefined

/** Finds the mount on which a path lies: that of its closest parent, the last one of several on one mount point. */
export function mountFinder(mounts: readonly Mount[]): MountOf {
  const byMountPoint = new Map(mounts.map(mount => [mount.mountPoint, mount]))
  return path => {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const mount = byMountPoint.get(at)
      if (mount) return mount
    }
    return byMountPoint.get('/')
  }
}
