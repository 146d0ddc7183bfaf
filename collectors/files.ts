import { collector } from './collector.ts'
import { counter, fields, lines, Malformed, parsed } from './reading.ts'

/**
 * `/proc/sys/fs/file-nr`: open files of the whole machine (gauges).
 *
 *     831	0	2466177
 *
 * allocated file handles, 0 (free ones before Linux 2.6), `fs.file-max`. systemd sets file-max to LONG_MAX
 * (9223372036854775807), where only memory is the limit. Kernel: Documentation/admin-guide/sysctl/fs.rst
 */
export interface Files {
  readonly allocated: number
  readonly max: number
}

export function parseFileNr(text: string): Files {
  const columns = fields(lines(text)[0]!)
  if (columns.length !== 3) throw new Malformed(`${columns.length} columns instead of 3`)
  return { allocated: counter(columns[0], 'allocated'), max: counter(columns[2], 'file-max') }
}

export const files = collector({
  name: 'files',
  source: '/proc/sys/fs/file-nr',
  absentWhen: 'the kernel lacks CONFIG_SYSCTL',
  collect: host => parsed('/proc/sys/fs/file-nr', host.read('/proc/sys/fs/file-nr'), parseFileNr),
})
