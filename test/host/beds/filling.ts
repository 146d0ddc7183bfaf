import { statfsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './processes.ts'
import { ext4, loopDisk, mount, scratch } from './scratch.ts'
import { bed } from './undo.ts'

export const needs = { commands: ['losetup', 'mkfs.ext4', 'mount', 'ps'], files: ['/dev/loop-control'] }

export interface Filling {
  mountPoint: string
  /** Bytes that an unprivileged process may still write. */
  available(): number
  size: number
  bytesPerSecond: number
  /** Makes the file that was written empty. */
  empty(): void
}

/** A small file system and one writer that adds `bytesPerSecond` to a file, as even as a clock, until it is full. */
export function filling(
  type: 'ext4' | 'tmpfs',
  size: number,
  bytesPerSecond: number,
): Promise<Filling & { close(): void }> {
  return bed(async undo => {
    const dir = scratch(undo)
    const mountPoint = join(dir, 'small')
    if (type === 'tmpfs') mount(undo, mountPoint, '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs')
    else ext4(undo, loopDisk(undo, dir, 'small.img', size), mountPoint)
    const file = join(mountPoint, 'growing.log')
    await program(undo, 'rate-writer.ts', [file, String(bytesPerSecond)]).ready
    return {
      mountPoint,
      size: statfs(mountPoint).size,
      available: () => statfs(mountPoint).available,
      bytesPerSecond,
      empty: () => truncateSync(file),
    }
  })
}

function statfs(path: string): { size: number; available: number } {
  const { bsize, blocks, bavail } = statfsSync(path)
  return { size: bsize * blocks, available: bsize * bavail }
}
