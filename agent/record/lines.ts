import { createReadStream } from 'node:fs'
import { constants, createGunzip } from 'node:zlib'
import { RecordingError } from './frames.ts'

/** A capture bomb must not fill the memory of whoever looks into it. No kernel file comes near. */
const MAX_LINE_BYTES = 64 * 1024 * 1024

/** Lines as long as they are whole: a capture that was cut short ends with the last one. */
export async function* jsonLines(path: string): AsyncGenerator<unknown> {
  const source = createReadStream(path)
  const unzipped = source.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }))
  source.on('error', error => unzipped.destroy(error))
  try {
    for await (const line of boundedLines(path, unzipped)) {
      const parsed = parseWhole(line)
      if (parsed === undefined) return
      yield parsed
    }
  } catch (error) {
    if (error instanceof RecordingError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new RecordingError(
      `${path}: ${code?.startsWith('Z_') ? 'not a capture, or a damaged one' : `cannot be read (${code})`}`,
    )
  } finally {
    source.destroy()
  }
}

/** Counts while it reads: a line must not be in memory before it is found too long. */
async function* boundedLines(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    for (let start = 0; ; ) {
      const end = chunk.indexOf('\n', start)
      const part = chunk.subarray(start, end < 0 ? chunk.length : end)
      bytes += part.length
      if (bytes > MAX_LINE_BYTES)
        throw new RecordingError(`${path}: a line of more than ${MAX_LINE_BYTES} bytes; not a capture`)
      parts.push(part)
      if (end < 0) break
      yield Buffer.concat(parts).toString()
      parts = []
      bytes = 0
      start = end + 1
    }
  }
  if (bytes > 0) yield Buffer.concat(parts).toString()
}

function parseWhole(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
