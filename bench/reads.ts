import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LiveHost } from '../collectors/host/live.ts'
import type { Blocking } from '../collectors/host.ts'
import { median, row } from './measure.ts'

const FILES = [
  'loadavg',
  'stat',
  'meminfo',
  'vmstat',
  'buddyinfo',
  'diskstats',
  'uptime',
  'pressure/cpu',
  'pressure/memory',
  'pressure/io',
  '1/net/netstat',
  '1/net/snmp',
  '1/net/softnet_stat',
  '1/net/sockstat',
  'sys/net/netfilter/nf_conntrack_count',
  '1/net/stat/nf_conntrack',
]
  .map(name => `/proc/${name}`)
  .filter(existsSync)

const ROUNDS = 2000
const RUNS = 7

/** Our reads against a C loop that does the same system calls: the rest is what JavaScript adds. */
export function reads(): void {
  const binary = join(mkdtempSync(join(tmpdir(), 'node-agent-bench-')), 'reads')
  execFileSync('cc', ['-O2', '-o', binary, join(import.meta.dirname, 'reads.c')])
  const host = new LiveHost({ procfs: '/proc', sysfs: '/sys', rootfs: '/' }, {} as Blocking)
  const inC: number[] = []
  const ours: number[] = []
  for (let run = 0; run < RUNS; run++) {
    inC.push(Number(execFileSync(binary, [String(ROUNDS), ...FILES], { encoding: 'utf8' })))
    ours.push(readAll(host))
  }
  host.close()
  row(`C, ${FILES.length} files, pread through kept descriptors`, median(inC), 'µs')
  row('node-agent, the same to strings', median(ours), 'µs', `${(median(ours) / median(inC)).toFixed(2)} x C`)
}

function readAll(host: LiveHost): number {
  const from = performance.now()
  for (let round = 0; round < ROUNDS; round++) for (const file of FILES) host.read(file)
  return ((performance.now() - from) * 1000) / ROUNDS
}
