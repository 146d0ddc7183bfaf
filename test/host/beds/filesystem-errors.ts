import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './processes.ts'
import { ext4, loopDisk, scratch } from './scratch.ts'
import { bed } from './undo.ts'

export const needs = { commands: ['losetup', 'mkfs.ext4', 'mount'], files: ['/dev/loop-control'] }

export interface ErringFileSystem {
  mountPoint: string
  /** Its super block, as an error of a file system with `errors=remount-ro` does. */
  turnReadOnly(): void
}

/** ext4 in mode `errors=continue` that has counted one error. */
export function erringFileSystem(): Promise<ErringFileSystem & { close(): void }> {
  return bed(undo => {
    const dir = scratch(undo)
    const mountPoint = join(dir, 'erring')
    const disk = loopDisk(undo, dir, 'erring.img', 64 << 20)
    ext4(undo, disk, mountPoint)
    run('mount', '-o', 'remount,errors=continue', mountPoint)
    writeFileSync(`/sys/fs/ext4/${disk.name}/trigger_fs_error`, 'by a test')
    return { mountPoint, turnReadOnly: () => run('mount', '-o', 'remount,ro', mountPoint) }
  })
}
