import type { Facts } from '../derive/index.ts'
import type { Culprit, Role, Subject } from './rule.ts'

/** What both the facts of space and those of read-only file systems have. */
interface Named {
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  readonly role: Role
  readonly purposes: readonly string[]
}

export const filesystemSubject = ({ mountPoint, role }: Named): Subject => ({
  kind: 'Filesystem',
  name: mountPoint,
  role,
})

/** `/var/lib/kubelet (ext4 on /dev/vdb, kubelet root)`. Purposes that are paths say nothing more than the mount point. */
export function filesystemInWords({ mountPoint, type, source, purposes }: Named): string {
  const kept = purposes.filter(purpose => !purpose.startsWith('/'))
  const device = source.startsWith('/') ? `${type} on ${source}` : type
  return `${mountPoint} (${[device, ...kept].join(', ')})`
}

/** The pod whose volume it is, by the logs that carry its uid. */
export function podOf(uid: string | null, { containerlogs }: Facts): Culprit[] {
  const log = uid === null ? undefined : containerlogs.find(({ podUid }) => podUid === uid)
  return log?.namespace && log.pod ? [{ kind: 'Pod', namespace: log.namespace, pod: log.pod }] : []
}
