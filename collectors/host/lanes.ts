import type { Blocking } from '../host.ts'
import type { HelperPool } from './pool.ts'

/**
 * Two pools of helper processes: one for what hangs only with the node's own disks, one for file systems that are served
 * by others. Each has its own bound of hung helpers, so that five dead NFS servers take nothing from the node's own.
 */
export function lanes(own: HelperPool, served: HelperPool): Blocking & { close(): void } {
  return {
    statfs: own.statfs,
    statfsServed: served.statfs,
    readText: own.readText,
    readJson: own.readJson,
    files: own.files,
    resolve: own.resolve,
    close() {
      own.close()
      served.close()
    },
  }
}
