import { statSync } from 'node:fs'
import { openCapture } from './capture.ts'
import { type Recording, RecordingError } from './frames.ts'
import { openTree } from './tree.ts'

/** A capture file or a tree capture. */
export async function openRecording(path: string): Promise<Recording> {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new RecordingError(`${path}: no such file or directory; name a capture or a tree`)
  return stat.isDirectory() ? openTree(path) : openCapture(path)
}
