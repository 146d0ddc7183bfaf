import { type Stats, statSync } from 'node:fs'
import { openCapture } from './capture.ts'
import { type Recording, RecordingError } from './frames.ts'
import { openTree } from './tree.ts'

/** A capture file or a tree capture. */
export async function openRecording(path: string): Promise<Recording> {
  let stat: Stats | undefined
  try {
    stat = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw new RecordingError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (stat === undefined) throw new RecordingError(`${path}: no such file or directory; name a capture or a tree`)
  if (stat.isDirectory()) return openTree(path)
  if (!stat.isFile()) throw new RecordingError(`${path}: not a file; write what comes out of a pipe to a file first`)
  return openCapture(path)
}
