import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { missing } from '../host/beds/need.ts'

const SCRIPT = fileURLToPath(new URL('../../.ci/kubernetes', import.meta.url))

/** What the bed needs beside Kubernetes itself. */
const needs = {
  commands: [
    ...['containerd', 'ctr', 'runc', 'iptables', 'nft', 'conntrack', 'openssl', 'tar', 'dockerd', 'docker'],
    ...['unshare', 'nsenter', 'ip', 'losetup', 'mkfs.ext4', 'mount', 'ps'],
  ],
  files: ['/usr/lib/cni/bridge', '/usr/lib/cni/portmap', '/bin/busybox', '/dev/loop-control'],
}

/** Why there can be no cluster here, or false; for tap's `skip`. In CI that is an error. */
export function noCluster(): string | false {
  const reason = missing(needs)
  if (reason !== false) return reason
  const { status, stderr } = spawnSync(SCRIPT, ['find'], { encoding: 'utf8' })
  if (status === 0) return false
  if (process.env.CI === 'true') throw new Error(`needs ${stderr.trim()}`)
  return `needs ${stderr.trim()}`
}

/** Where each of Kubernetes' programs is. */
export function programs(): (name: string) => string {
  const { status, stdout, stderr } = spawnSync(SCRIPT, ['find'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.trim())
  const paths = new Map(stdout.split('\n').map(line => line.split(' ') as [string, string]))
  return name => {
    const path = paths.get(name)
    if (path === undefined) throw new Error(`${SCRIPT} finds no ${name}`)
    return path
  }
}
