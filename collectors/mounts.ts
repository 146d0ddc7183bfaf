import { collector } from './collector.ts'
import type { Host } from './host.ts'
import { counter, fields, lines, Malformed, parsed, type Reading } from './reading.ts'

/**
 * `/proc/1/mountinfo`: every mount of the node's own mount namespace, one line each.
 *
 *     36 35 253:1 / /var/lib/docker rw,noatime shared:1 - ext4 /dev/vdb1 rw,errors=remount-ro
 *
 * mount id, parent id, major:minor of the super block, root within it, mount point, options of the mount, optional
 * fields up to `-`, type, source, options of the super block. Blanks are printed as `\040`. Since Linux 2.6.26.
 * Kernel: Documentation/filesystems/proc.rst, man 5 proc_pid_mountinfo
 */
export interface Mount {
  readonly id: number
  readonly dev: string
  /** Directory of the file system that is mounted: `/` but for bind mounts. */
  readonly root: string
  readonly mountPoint: string
  readonly options: readonly string[]
  readonly type: string
  readonly source: string
  /** Options of the super block: `ro` here is the file system's state, in `options` it is one mount's choice. */
  readonly superOptions: readonly string[]
}

export function parseMountinfo(text: string): Mount[] {
  return lines(text).map(line => {
    // The kernel puts one blank between fields; an empty source is an empty field.
    const f = line.split(' ')
    const dash = f.indexOf('-', 6)
    if (dash === -1 || f.length < dash + 3) throw new Malformed(`a line of ${f.length} fields without its file system`)
    if (!/^\d+:\d+$/.test(f[2]!)) throw new Malformed('a device that is not major:minor')
    const [type, source, superOptions] = f.slice(dash + 1)
    return {
      id: counter(f[0], 'mount id'),
      dev: f[2]!,
      root: unmangle(f[3]!),
      mountPoint: unmangle(f[4]!),
      options: f[5]!.split(','),
      type: type!,
      source: unmangle(source!),
      superOptions: (superOptions ?? '').split(','),
    }
  })
}

/**
 * `/proc/mounts`, which copies of a machine often have instead: `/dev/vda / ext4 rw,relatime 0 0`. No ids, no device
 * numbers; the options are those of mount and super block together.
 */
export function parseMounts(text: string): Mount[] {
  return lines(text).map((line, index) => {
    const [source, mountPoint, type, options] = fields(line)
    if (options === undefined) throw new Malformed('a line of fewer than 4 fields')
    const both = options.split(',')
    return {
      id: index,
      dev: source!.startsWith('/dev/') ? `none:${unmangle(source!)}` : `none:${index}`,
      root: '/',
      mountPoint: unmangle(mountPoint!),
      options: both,
      type: type!,
      source: unmangle(source!),
      superOptions: both,
    }
  })
}

/** Octal escapes of blanks, backslash and `#` (fs/seq_file.c, mangle_path). */
const unmangle = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    : text

/** The node's mounts as they are when they are first asked for: several collectors of a cycle start from them. */
export function mountsOf(host: Host): () => Reading<Mount[]> {
  let mounts: Reading<Mount[]> | undefined
  return () => (mounts ??= readMounts(host))
}

function readMounts(host: Host): Reading<Mount[]> {
  const mountinfo = host.read('/proc/1/mountinfo')
  if (mountinfo.ok || mountinfo.fault.code !== 'Absent') return parsed('/proc/1/mountinfo', mountinfo, parseMountinfo)
  return parsed('/proc/1/mounts', host.read('/proc/1/mounts'), parseMounts)
}

export const mounts = collector({
  name: 'mounts',
  source: '/proc/1/mountinfo',
  absentWhen: 'pid 1 is not visible: the pod lacks hostPID',
  collect: (host, _places, mounts = mountsOf(host)) => mounts(),
})
