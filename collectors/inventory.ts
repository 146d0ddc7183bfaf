import { spawn } from 'node:child_process'
import type { Blocking } from './host.ts'
import type { Reading } from './reading.ts'

/** What this machine is, once at start; a field that could not be read is left out. */
export type Inventory = Readonly<Record<string, string | number>>

/** systeminformation starts several programs; on a sick disk each may hang. */
const DEADLINE_MS = 20_000

/** The body of the short-lived process that asks `systeminformation`: its calls spawn shells and belong nowhere near the loop. */
export async function printInventory(): Promise<void> {
  const si = await import('systeminformation')
  const [os, cpu, system, docker] = await Promise.allSettled([
    si.osInfo(),
    si.cpu(),
    si.system(),
    si.versions('docker'),
  ])
  const fields = {
    kernel: os.status === 'fulfilled' ? os.value.kernel : '',
    architecture: os.status === 'fulfilled' ? os.value.arch : '',
    os: os.status === 'fulfilled' ? `${os.value.distro} ${os.value.release}`.trim() : '',
    cpu: cpu.status === 'fulfilled' ? `${cpu.value.manufacturer} ${cpu.value.brand}`.trim() : '',
    cpuCount: cpu.status === 'fulfilled' ? cpu.value.cores : 0,
    virtualization: system.status === 'fulfilled' && system.value.virtual ? system.value.virtualHost || 'virtual' : '',
    dockerVersion: docker.status === 'fulfilled' ? (docker.value.docker ?? '') : '',
  }
  // It hides errors as empty strings and zeros: those mean that nobody knows.
  process.stdout.write(
    JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== 0))),
  )
}

/** Runs `command` (which ends in `printInventory`) and reads its answer; the whole process group ends with the deadline. */
export function readInventory(command: readonly string[], blocking: Blocking): Promise<Inventory> {
  const [program, ...args] = command
  return new Promise<Inventory>(resolve => {
    const child = spawn(program!, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    })
    const timer = setTimeout(() => end(), DEADLINE_MS)
    let text = ''
    const end = () => {
      clearTimeout(timer)
      child.stdout.destroy()
      if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid)
      resolve(parseInventory(text))
    }
    child.unref()
    timer.unref()
    ;(child.stdout as unknown as { unref(): void }).unref()
    child.stdout.on('data', chunk => (text += String(chunk)))
    child.on('error', end)
    child.on('close', end)
  }).then(async inventory => ({ ...inventory, ...named(await blocking.readText('/etc/os-release', 64 * 1024)) }))
}

function parseInventory(text: string): Inventory {
  try {
    return JSON.parse(text) as Inventory
  } catch {
    return {}
  }
}

/** In a container systeminformation sees the image's OS; the node's own stands below the root file system. */
function named(osRelease: Reading<string>): Inventory {
  const name = osRelease.ok ? /^PRETTY_NAME="?([^"\n]{1,200})"?$/m.exec(osRelease.value)?.[1] : undefined
  return name === undefined ? {} : { os: name }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // gone meanwhile
  }
}
