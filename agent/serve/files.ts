import { stat } from 'node:fs/promises'

/** Certificates and tokens are replaced by hand or by a Secret; a few seconds later is soon enough. */
const LOOK_EVERY_MS = 2_000

/**
 * Calls back when one of the files is another one than before. Looks in the background, and never again while one look is
 * under way: a hung disk must take one thread at most. `onChange` returns whether it could use them; if not it is called
 * again at the next look (a certificate is there before its key).
 */
export function watchFiles(paths: readonly string[], onChange: () => boolean, everyMs = LOOK_EVERY_MS): () => void {
  let seen: string | null = null
  let looking = false
  const look = async () => {
    if (looking) return
    looking = true
    const now = (await Promise.all(paths.map(fingerprint))).join()
    looking = false
    if (seen === null || seen === now || onChange()) seen = now
  }
  void look()
  const timer = setInterval(() => void look(), everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
