import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childrenOf } from '../host/beds/kernel.ts'
import { background, run } from '../host/beds/processes.ts'
import type { LoopDisk } from '../host/beds/scratch.ts'
import type { Undo } from '../host/beds/undo.ts'
import { until } from '../host/beds/wait.ts'

const INIT = fileURLToPath(new URL('node.sh', import.meta.url))
const LIMIT = '/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device'
/** The machine's end of the cable to the node. */
const LINK = 'nacluster0'
/** Of the range for benchmarks (RFC 2544), which no network uses. */
export const MACHINE_IP = '198.18.77.1'
export const NODE_IP = '198.18.77.2'

/** The node: mount, network, process and host name space of its own, with disks of its own. */
export interface Node {
  /** Prefix of a command line that runs on the node. */
  readonly enter: readonly [string, ...string[]]
  readonly disk: NodeDisk
}

export interface NodeDisk {
  /** Carries /var: kubelet, images, containers and logs. */
  readonly loop: LoopDisk
  /** Carries the image of `loop`. */
  readonly lower: LoopDisk
  /** Makes `loop` slow by throttling writes to `lower`; gives what lifts it. */
  throttle(bytesPerSecond: number): () => void
}

export async function startNode(undo: Undo, dir: string, name: string): Promise<Node> {
  const flags = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--mount-proc', '--propagation', 'slave']
  const child = background(undo, 'unshare', [...flags, 'sh', '-c', `hostname ${name}; exec ${INIT} ${dir}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => (said += part))
  await until('the node to have its disks', () => {
    if (child.exitCode !== null) throw new Error(`the node ended: ${said}`)
    return said.includes('ready ')
  })
  // Handles of a node that is there must not keep a test from ending.
  for (const handle of [child, child.stdin, child.stdout, child.stderr] as { unref?(): void }[]) handle.unref?.()
  const [init] = childrenOf(child.pid)
  if (init === undefined) throw new Error(`the node ended: ${said}`)
  const enter = ['nsenter', '--target', String(init), '--mount', '--net', '--pid', '--uts', '--ipc', '--'] as const
  connect(init, enter)
  return { enter: [...enter], disk: disks(undo, said) }
}

/** A cable between the machine and the node, so that tests reach API server and node, and the node a test's own servers. */
function connect(init: number, [command, ...args]: readonly [string, ...string[]]): void {
  spawnSync('ip', ['link', 'del', LINK]) // of a killed run whose namespace still lives
  run('ip', 'link', 'add', LINK, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(init))
  run('ip', 'addr', 'add', `${MACHINE_IP}/30`, 'dev', LINK)
  run('ip', 'link', 'set', LINK, 'up')
  const script = `ip link set lo up; ip addr add ${NODE_IP}/30 dev eth0; ip link set eth0 up; ip route add default via ${MACHINE_IP}`
  run(command, ...args, 'sh', '-ec', script)
}

function disks(undo: Undo, said: string): NodeDisk {
  const [, lowerName = '', lowerNumber = '', name = '', number = ''] = said
    .slice(said.indexOf('ready '))
    .trim()
    .split(' ')
  const lower = { device: join('/dev', lowerName), name: lowerName, number: lowerNumber }
  const loop = { device: join('/dev', name), name, number }
  const limit = (bytesPerSecond: number) => writeFileSync(LIMIT, `${lower.number} ${bytesPerSecond}`)
  const throttle = (bytesPerSecond: number) => {
    const lift = () => limit(0)
    undo.add(`throttle of ${lower.device}`, lift)
    limit(bytesPerSecond)
    return lift
  }
  return { loop, lower, throttle }
}
