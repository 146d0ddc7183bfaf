import type { Machine } from './machine.ts'

/** Two NUMA nodes of 96 CPUs and 512 GiB. */
export function enlarge(machine: Machine): void {
  const each = /^cpu0 (.*)$/m.exec(machine.text('proc/stat'))![1]!
  const total = each.split(' ').map(ticks => Number(ticks) * 192)
  const cpus = Array.from({ length: 192 }, (_, cpu) => `cpu${cpu} ${each}`)
  machine.edit('proc/stat', text =>
    text.replace(/^cpu .*\n(cpu\d+ .*\n)+/m, [`cpu  ${total.join(' ')}`, ...cpus, ''].join('\n')),
  )
  const softnet = machine.text('proc/1/net/softnet_stat').split('\n', 1)[0]!.split(' ')
  const rows = Array.from({ length: 192 }, (_, cpu) => softnet.with(12, cpu.toString(16).padStart(8, '0')).join(' '))
  machine.put('proc/1/net/softnet_stat', `${rows.join('\n')}\n`)
  machine.meminfo({ MemTotal: 1_056_000_000, MemFree: 22_000_000, MemAvailable: 310_000_000, Hugetlb: 536_870_912 })
  machine.edit('proc/meminfo', text => text.replace(/^HugePages_(Total|Free): .*$/gm, 'HugePages_$1:   262144'))
  const second = (text: string) => `${text}${text.replaceAll('Node 0,', 'Node 1,')}`
  machine.edit('proc/buddyinfo', second)
  machine.edit('proc/zoneinfo', second)
  machine.tasks(96_000)
  machine.put('proc/sys/kernel/threads-max', '8240000\n')
  machine.conntrack(1_800_000)
  machine.put('proc/sys/net/netfilter/nf_conntrack_max', '6291456\n')
}

/** A VM of 2 GiB and one CPU, with all of its memory below 4 GiB and most of it page cache. */
export function shrink(machine: Machine): void {
  machine.edit('proc/stat', text => text.replace(/^cpu .*\ncpu0 (.*)\n(cpu\d+ .*\n)+/m, 'cpu  $1\ncpu0 $1\n'))
  machine.edit('proc/1/net/softnet_stat', text => `${text.split('\n', 1)[0]}\n`)
  machine.meminfo({ MemTotal: 2_014_204, MemFree: 61_240, MemAvailable: 1_204_112 })
  machine.edit('proc/zoneinfo', text =>
    text.slice(0, text.indexOf('Node 0, zone   Normal')).replace('managed  765904', 'managed  503551'),
  )
  machine.edit('proc/buddyinfo', text => text.replace(/^.*Normal.*\n/m, ''))
  machine.buddyinfo('DMA32', 9011, 2902, 110, 2, 0, 0, 0, 0, 0, 0, 0)
}

/** Counters as after a boot; what is in flight, free or mapped is left at zero as well. */
export function startAgain(machine: Machine): void {
  const zero = (text: string) => text.replace(/\b\d+\b/g, '0')
  for (const path of ['proc/1/net/netstat', 'proc/1/net/snmp', 'proc/1/net/snmp6', 'proc/vmstat', 'proc/1/net/dev'])
    machine.edit(path, zero)
  machine.edit('proc/1/net/snmp', text => text.replace(/^Ip: 0/m, 'Ip: 1'))
  machine.edit('proc/diskstats', text => text.replace(/^( *\d+ +\d+ \S+)(.*)$/gm, (_, name, rest) => name + zero(rest)))
  machine.edit('proc/stat', text =>
    text.replace(/^(cpu\d*|intr|ctxt|processes)( .*)$/gm, (_, name, rest) => name + zero(rest)),
  )
  machine.edit('proc/1/net/softnet_stat', text => text.replace(/^\S+ \S+ \S+/gm, '00000000 00000000 00000000'))
  machine.edit('proc/1/net/stat/nf_conntrack', text => text.replace(/\b[0-9a-f]{8}\b/g, '00000000'))
  for (const resource of ['cpu', 'memory', 'io'])
    machine.edit(`proc/pressure/${resource}`, text => text.replace(/total=\d+/g, 'total=0'))
}
