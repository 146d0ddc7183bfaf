import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../host/beds/processes.ts'
import type { Undo } from '../host/beds/undo.ts'
import { pause, until } from '../host/beds/wait.ts'

const CGROUPS = '/sys/fs/cgroup'
const PREFIX = 'node-agent-cluster-'
/** An abstract socket: the kernel lets go of it with the process that holds it. */
const LOCK = '\0node-agent-cluster'

/**
 * A kubelet takes every pod below /kubepods for its own, so there is one cluster at a time; who comes second waits. Holding
 * the lock, what a killed run left is nobody's and goes away first.
 */
export async function ownDirectory(undo: Undo): Promise<string> {
  await lock(undo)
  forgetStale()
  forgetPodCgroups()
  undo.add('cgroups of pods', forgetPodCgroups)
  const dir = mkdtempSync(join(tmpdir(), PREFIX))
  undo.add(`directory ${dir}`, () => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function lock(undo: Undo): Promise<void> {
  const server = await until(
    'the other cluster on this machine to end',
    () =>
      new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
        const server = createServer().once('error', reject)
        server.listen(LOCK, () => resolve(server))
      }),
    { limitMs: 1_800_000, everyMs: 500 },
  )
  server.unref()
  undo.add('lock', () => server.close())
}

function forgetStale(): void {
  const below = join(tmpdir(), PREFIX)
  const loops = run('losetup', '--list', '--noheadings', '--output', 'NAME,BACK-FILE').trim().split('\n')
  for (const [device, file] of loops.map(line => line.split(/\s+/)))
    if (device && file?.startsWith(below)) run('losetup', '--detach', device)
  for (const name of readdirSync(tmpdir()).filter(name => name.startsWith(PREFIX)))
    rmSync(join(tmpdir(), name), { recursive: true, force: true })
}

/** The kubelet never removes /kubepods. It is empty when the node's processes have ended; else it is another kubelet's. */
function forgetPodCgroups(): void {
  const groups = [CGROUPS, ...readdirSync(CGROUPS).map(name => join(CGROUPS, name))].map(path => join(path, 'kubepods'))
  for (const group of groups.filter(path => existsSync(path))) removeTree(group)
}

/** EBUSY is normal for a moment after the last process of a group has ended. */
function removeTree(group: string): void {
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(group, entry.name))
  for (let tries = 0; ; tries++) {
    try {
      rmdirSync(group)
      return
    } catch (error) {
      if (tries === 50) throw new Error(`${group} is in use: does another kubelet run here?`, { cause: error })
      pause(100)
    }
  }
}
