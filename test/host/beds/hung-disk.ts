import { join } from 'node:path'
import { run, shell } from './processes.ts'
import { ext4, type LoopDisk, loopDisk, scratch } from './scratch.ts'
import { bed, type Undo } from './undo.ts'

const MIB = 1 << 20

export const needs = {
  commands: ['losetup', 'mkfs.ext4', 'mount', 'fsfreeze', 'dd', 'ps'],
  files: ['/dev/loop-control'],
}

export interface HungDisk {
  /** Its requests are taken and never answered while hung. */
  disk: LoopDisk
  /** A disk beside it that works all the time. */
  neighbour: LoopDisk
  hang(): void
  release(): void
}

/** A loop device under a writer; freezing the file system that holds its image stops all answers. */
export function hungDisk(): Promise<HungDisk & { close(): void }> {
  return bed(undo => {
    const dir = scratch(undo)
    const backing = loopDisk(undo, dir, 'backing.img', 256 * MIB)
    const backingMount = ext4(undo, backing, join(dir, 'backing'))
    const disk = loopDisk(undo, backingMount, 'disk.img', 64 * MIB)
    const neighbour = loopDisk(undo, dir, 'neighbour.img', 64 * MIB)
    writer(undo, ext4(undo, disk, join(dir, 'disk')))
    writer(undo, ext4(undo, neighbour, join(dir, 'neighbour')))
    return { disk, neighbour, ...freezer(undo, backingMount) }
  })
}

/** The writer's own file system frozen: it waits above the block layer, and the disk has nothing to do. */
export function frozenFilesystem(): Promise<{
  disk: LoopDisk
  mountPoint: string
  hang(): void
  release(): void
  close(): void
}> {
  return bed(undo => {
    const dir = scratch(undo)
    const disk = loopDisk(undo, dir, 'frozen.img', 64 * MIB)
    const mountPoint = ext4(undo, disk, join(dir, 'frozen'))
    writer(undo, mountPoint)
    return { disk, mountPoint, ...freezer(undo, mountPoint) }
  })
}

function writer(undo: Undo, mountPoint: string): void {
  const file = `${mountPoint}/file`
  shell(
    undo,
    `while sleep 0.05; do dd if=/dev/zero of=${file} bs=64k count=8 oflag=direct conv=notrunc; done 2> /dev/null`,
  )
}

/** Thawing comes first of all undo steps: until then the writer cannot be killed and nothing can be unmounted. */
function freezer(undo: Undo, mountPoint: string): { hang(): void; release(): void } {
  let frozen = false
  const release = () => {
    if (!frozen) return
    frozen = false
    run('fsfreeze', '--unfreeze', mountPoint)
  }
  const hang = () => {
    run('fsfreeze', '--freeze', mountPoint)
    frozen = true
  }
  undo.add(`freeze of ${mountPoint}`, release)
  return { hang, release }
}
