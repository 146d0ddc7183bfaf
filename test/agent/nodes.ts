import type { ContainerLog } from '../../collectors/containerlogs.ts'
import type { Filesystem } from '../../collectors/filesystems.ts'
import type { StatFs } from '../../collectors/host.ts'
import { type Mount, parseMountinfo } from '../../collectors/mounts.ts'
import { ok } from '../../collectors/reading.ts'

/** Parts of a node's readings, for tests of file systems and logs. */

export const GIB = 1024 ** 3
export const MIB = 1024 ** 2

/** `253:1 / / rw - ext4 /dev/vda1 rw` and so on, with ids from 20 on. */
export const mounts = (...lines: string[]): Mount[] =>
  parseMountinfo(lines.map((line, index) => `${index + 20} 1 ${line}\n`).join(''))

/** 100 GiB in 4 KiB blocks, nothing reserved, with inodes to spare. */
export function space(usedRatio: number, more: Partial<StatFs> = {}): StatFs {
  const blocks = (100 * GIB) / 4096
  const free = Math.round(blocks * (1 - usedRatio))
  return { blockSize: 4096, blocks, freeBlocks: free, availableBlocks: free, files: 1000, freeFiles: 900, ...more }
}

export const filesystem = (dev: string, mountPoint: string, value: StatFs): Filesystem => ({
  dev,
  mountPoint,
  type: 'ext4',
  space: ok(value),
})

/** A docker json-log: the current file first, then rotated ones, each `[inode, bytes]`. */
export function dockerLog(id: string, ...files: (readonly [number, number])[]): ContainerLog {
  return {
    containerId: id,
    owner: null,
    directory: `/var/lib/docker/containers/${id}`,
    files: files.map(([inode, sizeBytes], index) => ({
      name: index === 0 ? `${id}-json.log` : `${id}-json.log.${index}`,
      current: index === 0,
      sizeBytes,
      allocatedBytes: sizeBytes,
      inode,
    })),
  }
}
