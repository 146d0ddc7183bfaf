import type { Mount } from './mounts.ts'

/** Which file systems hold data that can run out, by what is known of their types. Anything else is never asked. */

/** Served over a network or by a process: statfs asks the server, and hangs with it. */
const NETWORK = /^(nfs4?|cifs|smb3|ceph|glusterfs|lustre|9p|virtiofs|fuse(\..*)?|fuseblk|afs|gpfs|beegfs)$/
/** Full by design. */
const IMAGES = new Set(['squashfs', 'iso9660', 'erofs', 'cramfs', 'romfs', 'udf'])
/** On disks, but with a device number of their own making (major 0). */
const WITHOUT_DEVICE = new Set(['btrfs', 'zfs', 'bcachefs', 'ubifs'])

export const isNetwork = (mount: Mount): boolean => NETWORK.test(mount.type)

/** On a block device, and made to be written. */
export function isDisk(mount: Mount): boolean {
  if (isNetwork(mount) || IMAGES.has(mount.type)) return false
  return !mount.dev.startsWith('0:') && !mount.dev.startsWith('none:')
    ? true
    : WITHOUT_DEVICE.has(mount.type) || (mount.source.startsWith('/dev/') && mount.type !== 'devtmpfs')
}

/** tmpfs that belongs to the node: /run, /tmp, /dev/shm. Those of pods (secrets, shm) and services are their owners'. */
export function isScratch({ type, mountPoint }: Mount): boolean {
  return type === 'tmpfs' && (mountPoint === '/dev/shm' || !OWNED.test(mountPoint))
}

const OWNED = /^\/(proc|sys|dev|run)\/|\/pods\/[^/]+\/volume|\/shm$/

/** Anything that can fill up, whoever it belongs to. */
export const holdsData = (mount: Mount): boolean => isDisk(mount) || isScratch(mount) || isNetwork(mount)
