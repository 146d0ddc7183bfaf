import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { program } from './processes.ts'
import { scratch, unmount } from './scratch.ts'
import { bed } from './undo.ts'

export const needs = { commands: ['mount', 'umount', 'ps'], files: ['/dev/fuse'] }

export interface FuseMount {
  mountPoint: string
  /** A file that can be read while the server answers. */
  file: string
  /** From now on requests are taken and not answered: their callers cannot even be killed. */
  hang(): void
  /** Answers what has piled up and goes on. */
  answer(): void
}

/** A FUSE file system whose server can stop answering. It answers at first. */
export function fuseMount(): Promise<FuseMount & { close(): void }> {
  return bed(async undo => {
    const mountPoint = join(scratch(undo), 'remote')
    mkdirSync(mountPoint)
    // Undone after the server is killed, which ends all its requests: only then does umount not wait for an answer.
    undo.add(`mount ${mountPoint}`, () => {
      if (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${mountPoint} `)) unmount(mountPoint)
    })
    const { child, ready } = program(undo, 'fuse-server.ts', [mountPoint])
    await ready
    const tell = (order: string) => void child.stdin?.write(`${order}\n`)
    return { mountPoint, file: join(mountPoint, 'file'), hang: () => tell('hang'), answer: () => tell('answer') }
  })
}
