import type { Disk } from '../derive/disk-stack.ts'
import type { Facts } from '../derive/index.ts'
import type { Observation, Subject, View } from './rule.ts'

/** A disk as the subject of a verdict. */
export function diskSubject(disk: Disk): Subject {
  const displayName = disk.device?.mapperName
  return { kind: 'Disk', name: disk.name, ...(displayName ? { displayName } : {}), role: disk.role }
}

/** `dm-0 (vg0-orders, /var/lib/kubelet)`: the kernel's name, people's name, where it is mounted. */
export function diskInWords(disk: Disk): string {
  const names = [disk.device?.mapperName, ...disk.mountPoints.slice(0, 2)].filter(Boolean)
  return names.length > 0 ? `${disk.name} (${names.join(', ')})` : disk.name
}

/** True when a device below this one is at fault too: one problem for one cause, on the lowest device that shows it. */
export function faultLiesBelow(disk: Disk, facts: Facts, isFaulty: (disk: Disk) => boolean): boolean {
  const byName = new Map(facts.disks.map(candidate => [candidate.name, candidate]))
  const visit = (name: string, seen: Set<string>): boolean => {
    const below = byName.get(name)
    if (below === undefined || seen.has(name)) return false
    seen.add(name)
    return isFaulty(below) || below.below.some(next => visit(next, seen))
  }
  return disk.below.some(name => visit(name, new Set([disk.name])))
}

/** Disks of the node whose counters the administrator switched off (`queue/iostats` 0): nobody can tell how they are. */
export function uncountedDisks({ facts }: View): Observation[] {
  return facts.disks
    .filter(({ device, role, mountPoints }) => device?.counts === false && role === 'node' && mountPoints.length > 0)
    .map(disk => ({
      subject: diskSubject(disk),
      stance: 'unmeasured',
      blind: `${diskInWords(disk)} counts nothing: its queue/iostats is 0`,
      words: () => ({ message: `${diskInWords(disk)} counts nothing`, evidence: {} }),
    }))
}
