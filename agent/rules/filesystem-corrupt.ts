import { plural } from '../words.ts'
import { filesystemInWords, filesystemSubject } from './filesystem-subjects.ts'
import type { Observation, Rule, View } from './rule.ts'

export const filesystemCorrupt: Rule = {
  id: 'FilesystemCorrupt',
  kind: 'event',
  severity: 'info',
  summary: 'A file system that is in use holds errors that ext4 has counted.',
  subject: 'Filesystem',
  needs: ['mounts', 'ext4'],
  triggers: [
    {
      name: 'level',
      signal: 'filesystem.errors',
      unit: 'count',
      direction: 'above',
      raise: 1,
      reason: 'FilesystemErrors',
      forMs: 0,
      also: 'told once; errors on which ext4 stopped writing are ReadonlyFilesystem',
      observe,
    },
  ],
  remedy:
    'Look for its device in `dmesg`; check it with `e2fsck -f` when it can be unmounted, which also clears the count (without `-f` it does not).',
}

function observe({ facts }: View): Observation[] {
  return facts.readonly
    .filter(({ news, turnedBy }) => news && turnedBy === null)
    .map(fact => ({
      subject: filesystemSubject(fact),
      stance: 'raise',
      words: () => ({
        badness: fact.errorsCount,
        message: `${filesystemInWords(fact)} holds ${plural(fact.errorsCount, 'error')} that ext4 found and wrote down`,
        evidence: { errorsCount: fact.errorsCount },
      }),
    }))
}
