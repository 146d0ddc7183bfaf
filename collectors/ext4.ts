import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { counter, fault, lines, ok, parsed, type Reading } from './reading.ts'

/**
 * `/sys/fs/ext4/<device>/…`: the errors that ext4 found on a mounted file system.
 *
 *     errors_count 2, last_error_time 1764000123, session_write_kbytes 52     errors=remount-ro
 *
 * `errors_count` is kept in the super block over reboots until e2fsck clears it; `last_error_time` is Unix time, 0 without
 * an error. Since Linux 3.4. Recent kernels leave the mount's flag at `rw` after an error that made the file system
 * read-only, so that these are the only trace. What ext4 does on an error (`errors=`) is in /proc/fs/ext4/<device>/options:
 * mountinfo shows it only where it differs from the super block. Kernel: Documentation/ABI/testing/sysfs-fs-ext4
 */
export interface Ext4 {
  /** The kernel's name of the device, e.g. `dm-0`. */
  readonly device: string
  readonly errorsCount: number
  /** Unix seconds; the rest is only read where there are errors, and null else. */
  readonly lastErrorTime: number | null
  /** KiB written since it was mounted (counter): less than before means mounted anew. */
  readonly sessionWriteKbytes: number | null
  readonly errorMode: ErrorMode | null
}

const ERROR_MODES = ['continue', 'remount-ro', 'panic'] as const
export type ErrorMode = (typeof ERROR_MODES)[number]

export const parseCount = (text: string): number => counter(lines(text)[0], 'the first line')

/** `errors=` among the options, one a line; null where an old kernel does not print it. */
export function parseErrorMode(text: string): ErrorMode | null {
  const mode = lines(text).find(line => line.startsWith('errors='))
  return ERROR_MODES.find(known => mode === `errors=${known}`) ?? null
}

export const ext4 = collector({
  name: 'ext4',
  source: '/sys/fs/ext4/<device>',
  absentWhen: 'no ext4 is mounted, or the kernel lacks CONFIG_EXT4_FS',
  collect(host): Reading<Ext4[]> {
    const names = host.list('/sys/fs/ext4')
    if (!names.ok) return names
    const found: Ext4[] = []
    for (const name of names.value) {
      if (name === 'features') continue
      const device = readDevice(host, name)
      if (device.ok) found.push(device.value)
      else if (device.fault.code !== 'Absent') return device // Absent: unmounted meanwhile
    }
    return found.length > 0 ? ok(found) : fault('Absent', 'no ext4 is mounted')
  },
})

function readDevice(host: Host, device: string): Reading<Ext4> {
  const count = (name: string): Reading<number> => {
    const path = `/sys/fs/ext4/${device}/${name}`
    return parsed(path, host.read(path), parseCount)
  }
  const errorsCount = count('errors_count')
  if (!errorsCount.ok) return errorsCount
  const healthy = { device, errorsCount: 0, lastErrorTime: null, sessionWriteKbytes: null, errorMode: null }
  if (errorsCount.value === 0) return ok(healthy)
  const options = `/proc/fs/ext4/${device}/options`
  return ok({
    device,
    errorsCount: errorsCount.value,
    lastErrorTime: orNull(count('last_error_time')),
    sessionWriteKbytes: orNull(count('session_write_kbytes')),
    errorMode: orNull(parsed(options, host.read(options), parseErrorMode)),
  })
}

const orNull = <T>(reading: Reading<T>): T | null => (reading.ok ? reading.value : null)
