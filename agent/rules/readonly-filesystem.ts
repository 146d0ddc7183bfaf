import type { ReadOnlyFact } from '../derive/readonly.ts'
import { plural } from '../words.ts'
import { filesystemInWords, filesystemSubject } from './filesystem-subjects.ts'
import type { Observation, Rule, Stance, View } from './rule.ts'

/** Pods cannot start, or nothing at all works, without writing there. */
const VITAL = new Set(['/', 'kubelet root', 'runtime root'])

export const readonlyFilesystem: Rule = {
  id: 'ReadonlyFilesystem',
  kind: 'condition',
  severity: 'warning',
  summary: 'A file system that could be written in this boot cannot be written any more.',
  subject: 'Filesystem',
  needs: ['mounts'],
  triggers: [
    {
      name: 'level',
      signal: 'filesystem.readOnly',
      unit: 'count',
      direction: 'above',
      raise: 1,
      clear: 1,
      reason: 'FilesystemIsReadOnly',
      also: 'block devices only; critical at /, kubelet root and runtime root; read-only from the start is no problem',
      observe,
    },
  ],
  remedy:
    'Look for its device in `dmesg` before anybody remounts it rw, which may damage it more; drain the node, check the file system (`e2fsck -f` or `xfs_repair` on the unmounted device), and replace the disk where it reports errors.',
}

/** Those that are well are not listed, which says that they are clear. */
function observe({ facts }: View): Observation[] {
  return facts.readonly
    .filter(({ turnedBy, everReadOnly }) => turnedBy !== null || everReadOnly)
    .map(fact => ({
      subject: filesystemSubject(fact),
      stance: stance(fact),
      words: () => ({
        badness: 1,
        message: `${filesystemInWords(fact)} ${why(fact)}`,
        evidence: { errorsCount: fact.errorsCount, flag: fact.turnedBy === 'errors' ? 'rw' : 'ro' },
      }),
    }))
}

/** Read-only as long as we look: no verdict, but no end of one from before a restart either. */
function stance({ turnedBy, purposes }: ReadOnlyFact): Stance {
  if (turnedBy === null) return 'between'
  return purposes.some(purpose => VITAL.has(purpose)) ? 'critical' : 'raise'
}

const why = ({ turnedBy, errorsCount }: ReadOnlyFact): string => {
  if (turnedBy === null) return 'is read-only'
  return turnedBy === 'errors'
    ? `stopped writing after ${plural(errorsCount, 'error')}, although its mount still says rw`
    : `was remounted read-only${errorsCount > 0 ? ` after ${plural(errorsCount, 'error')}` : ''}`
}
