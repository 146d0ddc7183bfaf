import { collector } from './collector.ts'
import { dockerRoots } from './dockerroots.ts'
import { ok, type Reading } from './reading.ts'

/**
 * Where the directories of kubelet and container runtimes really are: operators move them to another disk and leave a
 * symbolic link, or tell dockerd by `data-root` in /etc/docker/daemon.json.
 *
 *     /var/lib/docker -> /data/docker
 *
 * Directories that do not exist are left out. What could not be resolved (a disk that hangs) stands as it is spelled.
 */
export interface NodePath {
  readonly purpose: 'kubelet root' | 'runtime root'
  /** As configured. */
  readonly path: string
  readonly resolved: string
}

export const nodepaths = collector({
  name: 'nodepaths',
  source: 'kubelet and runtime directories, /etc/docker/daemon.json',
  absentWhen: 'never: a machine without them has an empty list',
  // Moving them takes a restart of kubelet or runtime.
  everyMs: 60_000,
  async collect(host, places): Promise<Reading<NodePath[]>> {
    const runtimeRoots = [...new Set([...places.runtimeRoots, ...(await dockerRoots(host, places))])]
    const wanted = [
      ...places.kubeletRoots.map(path => ({ purpose: 'kubelet root' as const, path })),
      ...runtimeRoots.map(path => ({ purpose: 'runtime root' as const, path })),
    ]
    const resolved = await Promise.all(
      wanted.map(async ({ purpose, path }): Promise<NodePath | null> => {
        const real = await host.blocking.resolve(path)
        if (!real.ok && real.fault.code === 'Absent') return null
        return { purpose, path, resolved: real.ok ? real.value : path }
      }),
    )
    return ok(resolved.filter(path => path !== null))
  },
})
