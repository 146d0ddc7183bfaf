import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { version } from '../../agent/version.ts'
import { BUNDLE } from '../host/agent.ts'
import { daemon } from '../host/beds/docker.ts'
import { run } from '../host/beds/processes.ts'
import { scratch } from '../host/beds/scratch.ts'
import { bed } from '../host/beds/undo.ts'
import { busyboxRoot } from './archive.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BASE = 'node-with-shell:test'

/** What the manifests ask for. */
export const AGENT_IMAGE = `node-agent:${version}`

/** The image as Dockerfile makes it from the bundle that is tested; an archive for `Cluster.importImage`. Kept by content. */
export async function agentImage(): Promise<string> {
  const cache = join(
    process.env.NODE_AGENT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-agent'),
    'images',
  )
  const archive = join(cache, `node-agent-${contentHash()}.tar`)
  if (existsSync(archive)) return archive
  rmSync(cache, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const builder = await bed(async undo => {
    const dir = scratch(undo)
    const socket = await daemon(undo, dir, join(dir, 'docker'))
    build(socket, dir, `${archive}.part`)
    return {}
  })
  builder.close()
  renameSync(`${archive}.part`, archive)
  return archive
}

function contentHash(): string {
  const hash = createHash('sha256')
  for (const file of [join(ROOT, 'Dockerfile'), join(ROOT, '.dockerignore'), BUNDLE, process.execPath])
    hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

/** With the classic builder, which every docker has. No registry is asked: the base is made of this machine's Node.js. */
function build(socket: string, dir: string, archive: string): void {
  const docker = (...args: string[]) => run('env', 'DOCKER_BUILDKIT=0', 'docker', '--host', socket, ...args)
  docker('import', baseArchive(dir), BASE)
  const values = { NODE_IMAGE: BASE, BUNDLE: 'dist/node-agent.cjs', VERSION: version }
  const args = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
  docker('build', '--network=none', '--target=slim', `--tag=${AGENT_IMAGE}`, ...args, ROOT)
  docker('save', '--output', archive, AGENT_IMAGE)
}

/** A root file system with this Node.js, its libraries, and busybox for a shell. */
function baseArchive(dir: string): string {
  const root = busyboxRoot(join(dir, 'base'))
  const libraries = run('env', 'LD_TRACE_LOADED_OBJECTS=1', process.execPath).matchAll(/(?<=\s)(\/\S+) \(0x/g)
  const copy = (from: string, to = from) => {
    mkdirSync(join(root, dirname(to)), { recursive: true })
    copyFileSync(from, join(root, to))
  }
  copy(process.execPath, '/usr/local/bin/node')
  for (const [, library] of libraries) copy(library!)
  const archive = join(dir, 'base.tar')
  run('tar', '--create', '--file', archive, '--directory', root, '.')
  return archive
}
