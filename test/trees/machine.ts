import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { growHex, growNamed, growPairs, growRows, type Numbers, setMeminfo } from './text.ts'

/** A file of a frame: its text, or what cannot be kept as a fixture. */
export type Entry = string | Uint8Array | { readonly sizeBytes: number } | typeof DIRECTORY

/** Stands where a file should be. */
export const DIRECTORY = Symbol('directory')

/** By path below the frame, without the leading slash. */
export type Files = ReadonlyMap<string, Entry>

const HOSTS = join(import.meta.dirname, '../fixtures/hosts')

/** Files of a fixture, and those of others over them: `worker`, `kernel-3.10`. */
export function readHost(...names: readonly string[]): Files {
  const files = names.flatMap(name => {
    const entries = readdirSync(join(HOSTS, name), { recursive: true, withFileTypes: true })
    const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
    return paths.map((path): [string, string] => [path.slice(join(HOSTS, name).length + 1), readFileSync(path, 'utf8')])
  })
  return new Map(files)
}

/** Columns of diskstats, counted from 0. */
const DISK = {
  reads: 3,
  readSectors: 5,
  readMs: 6,
  writes: 7,
  writeSectors: 9,
  writeMs: 10,
  inFlight: 11,
  busyMs: 12,
  queueMs: 13,
  flushes: 18,
  flushMs: 19,
}
/** Columns of net/dev behind the interface's name. */
const NETDEV = { rxBytes: 1, rxPackets: 2, rxErrors: 3, rxDrop: 4, rxFifo: 5, txBytes: 9, txPackets: 10, txErrors: 11 }
const CPU = { user: 1, nice: 2, system: 3, idle: 4, iowait: 5, irq: 6, softirq: 7, steal: 8 }
const SOFTNET = { processed: 0, dropped: 1, timeSqueeze: 2 }

type Some<Columns> = { readonly [Name in keyof Columns]?: number }

/** Columns of a disk by name, as far as something is said of them. */
export type Disk = Some<typeof DISK>

/** One frame of a machine, to be changed file by file. Counters are grown, gauges are set. */
export class Machine {
  readonly files: Map<string, Entry>

  constructor(files: Files) {
    this.files = new Map(files)
  }

  text(path: string): string {
    const entry = this.files.get(path)
    return typeof entry === 'string' ? entry : ''
  }

  /** Changes a file if it is there. */
  edit(path: string, change: (text: string) => string): void {
    if (typeof this.files.get(path) === 'string') this.files.set(path, change(this.text(path)))
  }

  put(path: string, entry: Entry): void {
    this.files.set(path, entry)
  }

  /** A file, or a directory with all that is below it. */
  remove(...paths: readonly string[]): void {
    for (const name of this.files.keys()) {
      if (paths.some(path => name === path || name.startsWith(`${path}/`))) this.files.delete(name)
    }
  }

  vmstat(by: Numbers): void {
    this.edit('proc/vmstat', text => growNamed(text, whole(by)))
  }

  /** Sizes in kB. */
  meminfo(kilobytes: Numbers): void {
    this.edit('proc/meminfo', text => setMeminfo(text, whole(kilobytes)))
  }

  /** Free blocks of a zone by order. */
  buddyinfo(zone: string, ...blocks: readonly number[]): void {
    const line = new RegExp(`^(Node 0, zone +${zone} ).*$`, 'm')
    this.edit('proc/buddyinfo', text => text.replace(line, `$1 ${blocks.join(' ')} `))
  }

  load(load1: number, load5 = load1, load15 = load5): void {
    const averages = [load1, load5, load15].map(load => load.toFixed(2)).join(' ')
    this.edit('proc/loadavg', text => text.replace(/^\S+ \S+ \S+/, averages))
  }

  /** Tasks and threads that exist. */
  tasks(count: number): void {
    this.edit('proc/loadavg', text => text.replace(/\/\d+/, `/${count}`))
  }

  running(count: number): void {
    this.edit('proc/stat', text => text.replace(/procs_running \d+/, `procs_running ${count}`))
  }

  blocked(count: number): void {
    this.edit('proc/stat', text => text.replace(/procs_blocked \d+/, `procs_blocked ${count}`))
  }

  /** Seconds that each CPU spent in a state. */
  cpu(seconds: Some<typeof CPU>): void {
    this.edit('proc/stat', text => {
      const cpus = text.match(/^cpu\d+/gm) ?? []
      const each = whole(times(seconds, 100))
      const rows = { cpu: times(each, cpus.length), ...Object.fromEntries(cpus.map(name => [name, each])) }
      return growRows(text, rows, 0, CPU)
    })
  }

  disks(by: Readonly<Record<string, Disk>>): void {
    const rows = Object.fromEntries(Object.entries(by).map(([name, row]) => [name, whole(row)]))
    this.edit('proc/diskstats', text => growRows(text, rows, 2, DISK))
  }

  disk(name: string, by: Disk): void {
    this.disks({ [name]: by })
  }

  interfaces(by: Readonly<Record<string, Some<typeof NETDEV>>>): void {
    const rows = Object.fromEntries(Object.entries(by).map(([name, row]) => [name, whole(row)]))
    this.edit('proc/1/net/dev', text => growRows(text, rows, 0, NETDEV))
  }

  /** `rx_missed_errors` of a network device. */
  missed(name: string, count: number): void {
    this.put(`sys/class/net/${name}/statistics/rx_missed_errors`, `${Math.floor(count)}\n`)
  }

  netstat(by: Numbers): void {
    this.edit('proc/1/net/netstat', text => growPairs(text, 'TcpExt', whole(by)))
  }

  snmp(protocol: string, by: Numbers): void {
    this.edit('proc/1/net/snmp', text => growPairs(text, protocol, whole(by)))
  }

  snmp6(by: Numbers): void {
    this.edit('proc/1/net/snmp6', text => growNamed(text, whole(by)))
  }

  softnet(cpu: number, by: Some<typeof SOFTNET>): void {
    const columns = Object.entries(whole(by)).map(
      ([name, count]) => [SOFTNET[name as keyof typeof SOFTNET], count] as const,
    )
    this.edit('proc/1/net/softnet_stat', text => growHex(text, cpu, new Map(columns)))
  }

  conntrack(count: number): void {
    this.put('proc/sys/net/netfilter/nf_conntrack_count', `${Math.floor(count)}\n`)
  }

  /** Counters of the first CPU. */
  conntrackStat(by: Numbers): void {
    this.edit('proc/1/net/stat/nf_conntrack', text => {
      const names = text.split('\n', 1)[0]!.trim().split(/\s+/)
      return growHex(text, 1, new Map(Object.entries(whole(by)).map(([name, count]) => [names.indexOf(name), count])))
    })
  }

  /** Seconds in which some or all tasks stalled. */
  pressure(resource: 'cpu' | 'memory' | 'io', seconds: { readonly some?: number; readonly full?: number }): void {
    const grow = (text: string, kind: 'some' | 'full') =>
      text.replace(new RegExp(`^(${kind} .*total=)(\\d+)$`, 'm'), (_, before: string, total: string) => {
        return `${before}${Number(total) + Math.floor((seconds[kind] ?? 0) * 1e6)}`
      })
    this.edit(`proc/pressure/${resource}`, text => grow(grow(text, 'some'), 'full'))
  }

  /** What is available of a file system, as shares of its size and of its inodes. */
  space(mountPoint: string, { available, inodes }: { readonly available?: number; readonly inodes?: number }): void {
    this.edit('statfs.json', text => {
      const all = JSON.parse(text) as Record<string, Record<string, number>>
      const space = all[mountPoint]!
      if (available !== undefined) {
        const reserved = space.freeBlocks! - space.availableBlocks!
        space.availableBlocks = Math.floor(available * space.blocks!)
        space.freeBlocks = Math.min(space.availableBlocks + reserved, space.blocks!)
      }
      if (inodes !== undefined) space.freeFiles = Math.floor(inodes * space.files!)
      return JSON.stringify(all)
    })
  }

  /** A line more of mountinfo, and what statfs says there. */
  mount(line: string, space: Numbers): void {
    this.edit('proc/1/mountinfo', text => `${text}${line}\n`)
    const mountPoint = line.split(' ')[4]!
    this.edit('statfs.json', text => JSON.stringify({ ...(JSON.parse(text) as object), [mountPoint]: space }))
  }

  /** Options of the super block. */
  remount(mountPoint: string, options: string): void {
    const line = new RegExp(`^(\\S+ \\S+ \\S+ \\S+ ${mountPoint} .*) \\S+$`, 'm')
    this.edit('proc/1/mountinfo', text => text.replace(line, `$1 ${options}`))
  }
}

/** Kernels count whole things. A little is added, so that 0.1 * 30 is 3. */
const whole = (numbers: Some<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Math.floor((value ?? 0) + 1e-6)]))

export const times = (numbers: Some<Record<string, number>>, factor: number): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, (value ?? 0) * factor]))
