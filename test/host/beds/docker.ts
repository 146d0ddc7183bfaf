import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { background, processState, run } from './processes.ts'
import { ext4, loopDisk, scratch } from './scratch.ts'
import { bed, type Undo } from './undo.ts'
import { pause, until } from './wait.ts'

const CGROUPS = '/sys/fs/cgroup'
const BUSYBOX = '/bin/busybox'
const GIB = 1 << 30

export const needs = {
  commands: ['dockerd', 'docker', 'tar', 'losetup', 'mkfs.ext4', 'umount', 'ps'],
  files: [BUSYBOX, '/dev/loop-control'],
}

export interface Container {
  id: string
  namespace: string
  pod: string
  container: string
  /** The json-log, not rotated. */
  log: string
}

export interface Docker {
  /** dockerd's data-root, on a file system of 1 GiB of its own. */
  dataRoot: string
  /** Writes `bytesPerSecond` to stdout until its log has `limitBytes`. */
  flooding: Container
  /** Writes a line a second. */
  innocent: Container
}

/** A real dockerd with two containers, named by labels as the kubelet's dockershim did. */
export function docker(bytesPerSecond: number, limitBytes: number): Promise<Docker & { close(): void }> {
  return bed(async undo => {
    const dir = scratch(undo)
    const dataRoot = ext4(undo, loopDisk(undo, dir, 'docker.img', GIB), join(dir, 'docker'))
    const socket = await daemon(undo, dir, dataRoot)
    const start = (pod: string, script: string) => startContainer(socket, dataRoot, pod, script)
    importBusybox(dir, socket)
    undo.add('containers', () => removeContainers(socket))
    const innocent = start('quiet-6c9f7d5b8-x2x4z', 'while sleep 1; do echo all is well; done')
    const flooding = start('chatty-7d4b9c6f5-k8s2p', flood(bytesPerSecond, limitBytes))
    return { dataRoot, flooding, innocent }
  })
}

/** The stack's order: containers, daemon, what the daemon left mounted, its cgroups, the disk. */
export async function daemon(undo: Undo, dir: string, dataRoot: string): Promise<string> {
  const execRoot = join(dir, 'exec')
  const socket = `unix://${join(dir, 'docker.sock')}`
  const config = join(dir, 'daemon.json')
  const log = join(dir, 'dockerd.log')
  writeFileSync(config, '{}') // not this machine's own
  forgetCgroups(undo)
  forgetDirectories(undo)
  undo.add('mounts of dockerd', () => unmountBelow(dataRoot, execRoot))
  const flags = [
    ...['--data-root', dataRoot, '--exec-root', execRoot, '--pidfile', join(dir, 'docker.pid'), '-H', socket],
    ...['--config-file', config, '--bridge=none', '--iptables=false', '--ip6tables=false'],
    ...['--log-driver=json-file', '--storage-driver=overlay2', '--exec-opt', 'native.cgroupdriver=cgroupfs'],
  ]
  const { pid } = background(undo, 'dockerd', flags, { stdio: ['ignore', 'ignore', openSync(log, 'w')] })
  await until('dockerd to answer', () => {
    if (processState(pid) === undefined) return 'gone'
    return run('docker', '-H', socket, 'version', '--format', '{{.Server.Version}}')
  })
  undo.add('dockerd', () => stopGently(pid))
  if (processState(pid) === undefined) throw new Error(`dockerd ended: ${readFileSync(log, 'utf8').slice(-500)}`)
  return socket
}

function importBusybox(dir: string, socket: string): void {
  const root = join(dir, 'rootfs')
  mkdirSync(join(root, 'bin'), { recursive: true })
  run('cp', BUSYBOX, join(root, 'bin/busybox'))
  for (const applet of ['sh', 'echo', 'sleep', 'yes', 'head', 'cat']) symlinkSync('busybox', join(root, 'bin', applet))
  run('tar', '--create', '--file', join(dir, 'image.tar'), '--directory', root, '.')
  run('docker', '-H', socket, 'import', join(dir, 'image.tar'), 'busybox:test')
}

/** In steps of 0.1 s; json-file adds about 75 bytes to a line, so lines are long. */
function flood(bytesPerSecond: number, limitBytes: number): string {
  const line = 'x'.repeat(1000)
  const lines = Math.round(bytesPerSecond / 10 / 1076)
  const rounds = Math.round((limitBytes / bytesPerSecond) * 10)
  return `i=0; while [ $i -lt ${rounds} ]; do yes ${line} | head -n ${lines}; sleep 0.1; i=$((i+1)); done; while :; do sleep 60; done`
}

function startContainer(socket: string, dataRoot: string, pod: string, script: string): Container {
  const namespace = 'shop'
  const container = pod.split('-')[0] ?? pod
  const labels = {
    'io.kubernetes.pod.name': pod,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.container.name': container,
  }
  const flags = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`])
  const name = `k8s_${container}_${pod}_${namespace}_0d1f4a52-6b7c-4c0e-9a53-7e2f1c9b8d00_0`
  const id = run(
    'docker',
    '-H',
    socket,
    'run',
    '--detach',
    '--network=none',
    '--name',
    name,
    ...flags,
    'busybox:test',
    'sh',
    '-c',
    script,
  ).trim()
  return { id, namespace, pod, container, log: join(dataRoot, 'containers', id, `${id}-json.log`) }
}

function removeContainers(socket: string): void {
  const ids = run('docker', '-H', socket, 'ps', '--all', '--quiet', '--no-trunc').split('\n').filter(Boolean)
  if (ids.length > 0) run('docker', '-H', socket, 'rm', '--force', ...ids)
}

/** So that it ends its containerd itself; what does not end in time is killed by the step after this one. */
function stopGently(pid: number): void {
  if ((processState(pid) ?? 'Z') !== 'Z') process.kill(pid, 'SIGTERM')
  for (let tries = 0; tries < 100 && (processState(pid) ?? 'Z') !== 'Z'; tries++) pause(100)
}

/** Places that no flag moves elsewhere. */
function forgetDirectories(undo: Undo): void {
  for (const path of ['/run/docker', '/run/docker/plugins', '/run/containerd', '/run/containerd/s']) {
    if (!existsSync(path)) undo.add(`directory ${path}`, () => rmSync(path, { recursive: true, force: true }))
  }
}

/** A killed dockerd leaves its overlay and network namespace mounts. */
function unmountBelow(...roots: string[]): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[4] ?? '')
    .filter(point => roots.some(root => point.startsWith(`${root}/`)))
  for (const point of points.reverse()) run('umount', point)
}

/** runc removes a container's cgroup, nobody removes /docker above it. Where it was before, it is another dockerd's. */
function forgetCgroups(undo: Undo): void {
  const groups = readdirSync(CGROUPS).map(hierarchy => join(CGROUPS, hierarchy, 'docker'))
  for (const group of groups.filter(path => !existsSync(path))) {
    undo.add(`cgroup ${group}`, () => {
      if (!existsSync(group)) return
      const containers = readdirSync(group, { withFileTypes: true }).filter(entry => entry.isDirectory())
      for (const { name } of containers) rmdirSync(join(group, name))
      rmdirSync(group)
    })
  }
}
