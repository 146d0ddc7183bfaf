import { type Disk, type Machine, times } from './machine.ts'

/** What the disks do in a second. */
export const DISK_LIFE = {
  vda: { reads: 1, readSectors: 40, readMs: 0.8, writes: 4, writeSectors: 160, writeMs: 8, busyMs: 12, queueMs: 9 },
  vdb: { reads: 2, readSectors: 160, readMs: 2, writes: 12, writeSectors: 1200, writeMs: 24, busyMs: 30, queueMs: 26 },
  vdc: { reads: 0.2, readSectors: 8, readMs: 0.2, writes: 5, writeSectors: 200, writeMs: 10, busyMs: 14, queueMs: 10 },
} as const satisfies Record<string, Disk>

/** What a healthy node of four CPUs does in a second: its counters move, nothing is wrong. */
export function live(machine: Machine, seconds: number): void {
  const grown = (perSecond: Readonly<Record<string, number>>) => times(perSecond, seconds)
  machine.cpu(grown({ user: 0.1, system: 0.03, idle: 0.85, iowait: 0.01, softirq: 0.01 }))
  machine.edit('proc/stat', text =>
    text
      .replace(/^(intr|ctxt|processes) (\d+)/gm, (_, name: string, count: string) => {
        return `${name} ${Number(count) + seconds * { intr: 4000, ctxt: 8000, processes: 5 }[name]!}`
      })
      .replace(/^(procs_running) \d+/m, '$1 2'),
  )
  const { vda, vdb, vdc } = DISK_LIFE
  machine.disks({ vda: grown(vda), vda1: grown(vda), vdb: grown(vdb), vdc: grown(vdc), 'dm-0': grown(vdc) })
  machine.vmstat(grown({ pgfault: 4000, pgmajfault: 0.1, pgpgout: 800, pgfree: 6000, pgalloc_normal: 6000 }))
  machine.pressure('cpu', { some: 0.02 * seconds })
  machine.pressure('io', { some: 0.01 * seconds, full: 0.004 * seconds })
  machine.interfaces({
    eth0: grown({ rxBytes: 800_000, rxPackets: 1000, rxDrop: 0.2, txBytes: 600_000, txPackets: 900 }),
    cni0: grown({ rxBytes: 200_000, rxPackets: 300, txBytes: 250_000, txPackets: 320 }),
  })
  for (const cpu of [0, 1, 2, 3]) machine.softnet(cpu, grown({ processed: 500 }))
  machine.snmp('Tcp', grown({ InSegs: 900, OutSegs: 800, ActiveOpens: 3, PassiveOpens: 4, RetransSegs: 0.2 }))
  machine.snmp('Udp', grown({ InDatagrams: 30, OutDatagrams: 30 }))
  machine.netstat(grown({ TCPHPHits: 200, DelayedACKs: 3, TW: 4 }))
}

/** A disk that does nothing for that time. */
export function rest(machine: Machine, disk: string, life: Disk, seconds: number): void {
  machine.disk(disk, times(life, -seconds))
}

/** Load averages of a node on which `tasks` more ran or waited between two seconds (kernel/sched/loadavg.c). */
export function load(
  machine: Machine,
  { second }: { readonly second: number },
  from: number,
  to: number,
  tasks: number,
): void {
  const [load1, load5, load15] = [60, 300, 900].map((constant, index) => {
    const gained = 1 - Math.exp(-Math.max(Math.min(second, to) - from, 0) / constant)
    const kept = Math.exp(-Math.max(second - to, 0) / constant)
    return [0.82, 0.74, 0.61][index]! + tasks * gained * kept
  })
  machine.load(load1!, load5!, load15!)
}
