import { join } from 'node:path'

/** Where this machine's trees are mounted for us; `--path.procfs`, `--path.sysfs`, `--path.rootfs`. */
export interface Roots {
  readonly procfs: string
  readonly sysfs: string
  readonly rootfs: string
}

/** Maps a path as the machine spells it to where we find it. */
export function under(roots: Roots, path: string): string {
  if (path.startsWith('/proc/')) return join(roots.procfs, path.slice(5))
  if (path.startsWith('/sys/')) return join(roots.sysfs, path.slice(4))
  return join(roots.rootfs, path)
}
