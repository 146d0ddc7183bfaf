import { statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { lanes } from '../../collectors/host/lanes.ts'
import { LiveHost } from '../../collectors/host/live.ts'
import { HelperPool } from '../../collectors/host/pool.ts'
import type { Roots } from '../../collectors/host/roots.ts'
import { liveServices } from '../../collectors/host/services.ts'
import { TreeHost } from '../../collectors/host/tree.ts'
import type { Host, Services } from '../../collectors/host.ts'
import { CannotRun } from '../failures.ts'
import type { CommonOptions } from './options.ts'

export interface OpenHost {
  readonly host: Host
  readonly roots: Roots
  readonly live: boolean
  close(): void
}

const PROC_SUPER_MAGIC = 0x9fa0

/**
 * The machine itself if `--path.procfs` is a procfs; else a tree, from outside of which nothing is taken. `lease`: how to
 * read the node's Lease, where there is a cluster.
 */
export function openHost(options: CommonOptions, lease?: Services['lease']): OpenHost {
  const procfs = resolve(options['path.procfs'] ?? '/proc')
  let type: number
  try {
    type = statfsSync(procfs).type
  } catch (error) {
    throw new CannotRun(
      `--path.procfs ${procfs}: cannot be read (${(error as NodeJS.ErrnoException).code}); name a procfs or a copy of one`,
    )
  }
  const live = type === PROC_SUPER_MAGIC
  const around = live ? '/' : dirname(procfs)
  const sysfs = resolve(options['path.sysfs'] ?? resolve(around, 'sys'))
  const roots = { procfs, sysfs, rootfs: resolve(options['path.rootfs'] ?? around) }
  if (!live) return { host: new TreeHost(roots), roots, live, close: () => undefined }
  const command = helperCommand(roots.rootfs)
  const helpers = lanes(new HelperPool(command), new HelperPool(command))
  const host = new LiveHost(roots, helpers, liveServices(lease))
  return {
    host,
    roots,
    live,
    close: () => {
      host.close()
      helpers.close()
    },
  }
}

/** The helper's own code as text; only in the bundle, see build.ts. */
declare const HELPER_SOURCE: string | undefined

/** A small process that does one blocking call after the other and holds nothing. */
function helperCommand(rootfs: string): string[] {
  const node = [process.execPath, '--max-semi-space-size=1']
  return typeof HELPER_SOURCE === 'undefined'
    ? [...node, process.argv[1]!, 'helper', rootfs]
    : [...node, '-e', HELPER_SOURCE, rootfs]
}
