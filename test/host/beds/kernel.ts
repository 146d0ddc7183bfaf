import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** The kernel's own numbers, read without any code of the agent's. */

export interface DiskCounters {
  writes: number
  writeMs: number
  inFlight: number
  /** Time with a request in flight. */
  ioTicksMs: number
}

export function diskCounters(name: string): DiskCounters {
  const line = readFileSync('/proc/diskstats', 'utf8')
    .split('\n')
    .find(row => row.includes(` ${name} `))
  if (line === undefined) throw new Error(`${name}: not in /proc/diskstats`)
  const columns = line.trim().split(/\s+/).slice(3).map(Number)
  const [, , , , writes = 0, , , writeMs = 0, inFlight = 0, ioTicksMs = 0] = columns
  return { writes, writeMs, inFlight, ioTicksMs }
}

/** A counter of /proc/<pid>/net/{snmp,netstat}: of the network namespace that the process is in. */
export function netCounter(pid: number, file: 'snmp' | 'netstat', protocol: string, name: string): number {
  const rows = readFileSync(`/proc/${pid}/net/${file}`, 'utf8')
    .split('\n')
    .filter(row => row.startsWith(`${protocol}: `))
    .map(row => row.split(' '))
  const at = rows[0]?.indexOf(name) ?? -1
  const value = Number(rows[1]?.[at])
  if (at < 0 || Number.isNaN(value)) throw new Error(`${protocol} ${name}: not in /proc/${pid}/net/${file}`)
  return value
}

/** State and wait channel of a process; undefined when it is gone. */
export function waiting(pid: number): { state: string; wchan: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const state = stat.charAt(stat.lastIndexOf(')') + 2)
    return { state, wchan: readFileSync(`/proc/${pid}/wchan`, 'utf8') }
  } catch {
    return undefined
  }
}

/** What a process has open, by the names of its links. */
export const descriptors = (pid: number): string[] => {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap(name => {
    try {
      return [readlinkSync(join(folder, name))]
    } catch {
      return [] // closed while we looked
    }
  })
}

/** Pids of the processes whose parent this is. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(child => parentOf(child) === pid)
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0])
  } catch {
    return undefined
  }
}
