/**
 * rate-writer.ts FILE BYTES_PER_SECOND: appends at a constant rate. What is due follows from the monotonic clock, so a late
 * turn on a busy machine is made up for. Stops at a full file system and stays, holding the file open.
 */
import { openSync, writeSync } from 'node:fs'

const [file = '', rate = ''] = process.argv.slice(2)
const fd = openSync(file, 'a')
const chunk = Buffer.alloc(1 << 20)
const start = performance.now()
let written = 0

const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - start) / 1000) * Number(rate))
  try {
    while (written < due) written += writeSync(fd, chunk, 0, Math.min(chunk.length, due - written))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    clearInterval(timer)
    setInterval(() => {}, 1 << 30)
  }
}, 50)
process.stdout.write('writing\n')
