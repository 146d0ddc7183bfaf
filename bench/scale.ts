import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BUNDLE, ROOT } from './measure.ts'

/** Cycle CPU on a large machine: 100 loop disks and 1 000 mounts, in namespaces of their own that vanish with the run. */
export function scale(): void {
  if (process.getuid?.() !== 0) {
    console.log('needs root')
    return
  }
  if (!existsSync(BUNDLE)) throw new Error('npm run build first')
  for (const [disks, mounts] of [
    [0, 0],
    [100, 0],
    [0, 1000],
    [100, 1000],
  ] as const) {
    const result = spawnSync(
      'unshare',
      [
        '--mount',
        '--pid',
        '--fork',
        '--mount-proc',
        'bash',
        join(import.meta.dirname, 'scale.sh'),
        process.execPath,
        BUNDLE,
        String(disks),
        String(mounts),
      ],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    )
    console.log(result.status === 0 ? result.stdout.trim() : `failed: ${result.stderr.trim()}`)
  }
}
