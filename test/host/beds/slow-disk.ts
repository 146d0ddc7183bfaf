import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shell } from './processes.ts'
import { ext4, type LoopDisk, loopDisk, scratch } from './scratch.ts'
import { bed, type Undo } from './undo.ts'

const GROUP = '/sys/fs/cgroup/blkio'
const LIMIT = join(GROUP, 'blkio.throttle.write_bps_device')
const MIB = 1 << 20
/** With writes of 64 KiB: 8 completions a second, so that no second is without one (which would look hung). */
const BYTES_PER_SECOND = 512 << 10

export const needs = { commands: ['losetup', 'mkfs.ext4', 'mount', 'dd', 'ps'], files: [LIMIT, '/dev/loop-control'] }

export interface SlowDisk {
  /** Carries the image of `upper` and is throttled: diskstats shows nothing, for bios wait before they are counted. */
  lower: LoopDisk
  /** The slow disk that a user sees. */
  upper: LoopDisk
  upperMount: string
  /** A healthy disk with a writer of its own. */
  neighbour: LoopDisk
  /** Lifts the throttle. */
  relieve(): void
}

/** A disk whose device below takes half a MiB a second: writes wait for most of a second. A healthy one is beside it. */
export function slowDisk(): Promise<SlowDisk & { close(): void }> {
  return bed(undo => {
    const dir = scratch(undo)
    const lower = loopDisk(undo, dir, 'lower.img', 512 * MIB)
    const lowerMount = ext4(undo, lower, join(dir, 'lower'))
    const upper = loopDisk(undo, lowerMount, 'upper.img', 128 * MIB)
    const upperMount = ext4(undo, upper, join(dir, 'upper'))
    const neighbour = loopDisk(undo, dir, 'neighbour.img', 64 * MIB)
    const neighbourMount = ext4(undo, neighbour, join(dir, 'neighbour'))
    const relieve = throttle(undo, lower, BYTES_PER_SECOND)
    load(undo, upperMount)
    shell(
      undo,
      `while sleep 0.1; do dd if=/dev/zero of=${neighbourMount}/file bs=64k count=16 oflag=direct; done 2> /dev/null`,
    )
    return { lower, upper, upperMount, neighbour, relieve }
  })
}

/** The same load on a disk that a cgroup limit throttles: slow for its users, fine by its own numbers. */
export function throttledDisk(): Promise<{ disk: LoopDisk; close(): void }> {
  return bed(undo => {
    const dir = scratch(undo)
    const disk = loopDisk(undo, dir, 'throttled.img', 128 * MIB)
    const mountPoint = ext4(undo, disk, join(dir, 'throttled'))
    throttle(undo, disk, BYTES_PER_SECOND)
    load(undo, mountPoint)
    return { disk }
  })
}

/** Direct and buffered writes at once, as a database and a log do. The files keep their size, so the disk never fills. */
function load(undo: Undo, mountPoint: string): void {
  for (let writer = 0; writer < 8; writer++) {
    shell(
      undo,
      `while :; do dd if=/dev/zero of=${mountPoint}/direct${writer} bs=64k count=32 oflag=direct conv=notrunc; done 2> /dev/null`,
    )
  }
  shell(
    undo,
    `while :; do dd if=/dev/zero of=${mountPoint}/buffered bs=64k count=1 conv=notrunc,fdatasync; done 2> /dev/null`,
  )
}

/** In the root group, so that writeback and journal are held back too. Lifted before anything else is undone. */
function throttle(undo: Undo, disk: LoopDisk, bytesPerSecond: number): () => void {
  if (!existsSync(LIMIT)) throw new Error(`${LIMIT}: not there`)
  const self = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .find(line => line.includes(':blkio:'))
  if (!self?.endsWith(':/')) throw new Error(`the load would not run in the root blkio group: ${self}`)
  const lift = () => writeFileSync(LIMIT, `${disk.number} 0`)
  undo.add(`throttle of ${disk.device}`, lift)
  writeFileSync(LIMIT, `${disk.number} ${bytesPerSecond}`)
  return lift
}
