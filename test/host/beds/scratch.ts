import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { run } from './processes.ts'
import type { Undo } from './undo.ts'
import { pause } from './wait.ts'

/** A directory of the bed's own, gone with it. */
export function scratch(undo: Undo): string {
  const dir = mkdtempSync(join(tmpdir(), 'node-agent-host-'))
  undo.add(`directory ${dir}`, () => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export interface LoopDisk {
  /** /dev/loopN */
  device: string
  /** loopN, as diskstats calls it */
  name: string
  /** major:minor */
  number: string
}

/** A sparse file below `dir` as a block device. Direct I/O: no second page cache that hides how slow the lower disk is. */
export function loopDisk(undo: Undo, dir: string, file: string, bytes: number): LoopDisk {
  const path = join(dir, file)
  const fd = openSync(path, 'w')
  ftruncateSync(fd, bytes)
  closeSync(fd)
  const device = run('losetup', '--find', '--show', '--direct-io=on', path).trim()
  undo.add(`loop device ${device}`, () => detach(device, path))
  const name = basename(device)
  return { device, name, number: readFileSync(`/sys/block/${name}/dev`, 'utf8').trim() }
}

/** mkfs.ext4 without anything that writes later on its own accord: a bed's load is all there is on its disk. */
export function ext4(undo: Undo, disk: LoopDisk, mountPoint: string): string {
  run('mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard', disk.device)
  return mount(undo, mountPoint, '-t', 'ext4', disk.device)
}

export function mount(undo: Undo, mountPoint: string, ...args: string[]): string {
  mkdirSync(mountPoint, { recursive: true })
  run('mount', ...args, mountPoint)
  undo.add(`mount ${mountPoint}`, () => unmount(mountPoint))
  return mountPoint
}

/** EBUSY is normal for a moment: the last file of a killed process is closed when its writeback is done or its call is over. */
export function unmount(mountPoint: string): void {
  for (let tries = 0; ; tries++) {
    try {
      run('umount', mountPoint)
      return
    } catch (error) {
      if (tries === 100) throw error
      pause(100)
    }
  }
}

/** `losetup -d` only asks for it when somebody still has the device open: wait until the file is let go. */
function detach(device: string, path: string): void {
  run('losetup', '--detach', device)
  for (let tries = 0; tries < 100; tries++) {
    if (!run('losetup', '--noheadings', '--output', 'NAME', '--associated', path).trim()) return
    pause(100)
  }
  throw new Error(`${device} is still attached to ${path}`)
}
