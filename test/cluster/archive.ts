import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { arch } from 'node:os'
import { join } from 'node:path'
import { run } from '../host/beds/processes.ts'

/** A root file system with a shell; the directory. */
export function busyboxRoot(root: string): string {
  mkdirSync(join(root, 'bin'), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  const applets = run('/bin/busybox', '--list').trim().split('\n')
  for (const applet of applets.filter(name => name !== 'busybox')) symlinkSync('busybox', join(root, 'bin', applet))
  return root
}

/** An image with busybox alone, as `docker save` would write it; the path of the archive. `name`: with a tag. */
export function busyboxImage(dir: string, name: string, command: readonly string[]): string {
  const base = join(dir, name.replaceAll(/\W/g, '-'))
  const root = busyboxRoot(join(base, 'root'))
  run('tar', '--create', '--file', join(base, 'layer.tar'), '--directory', root, '.')
  const layer = createHash('sha256')
    .update(readFileSync(join(base, 'layer.tar')))
    .digest('hex')
  const config = {
    architecture: arch() === 'x64' ? 'amd64' : arch(),
    os: 'linux',
    config: { Cmd: command, Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  }
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]
  writeFileSync(join(base, 'config.json'), JSON.stringify(config))
  writeFileSync(join(base, 'manifest.json'), JSON.stringify(manifest))
  const parts = ['manifest.json', 'config.json', 'layer.tar']
  run('tar', '--create', '--file', `${base}.tar`, '--directory', base, ...parts)
  return `${base}.tar`
}
