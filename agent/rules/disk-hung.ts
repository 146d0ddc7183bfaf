import type { Disk } from '../derive/disk-stack.ts'
import { plural } from '../words.ts'
import { diskInWords, diskSubject, faultLiesBelow, uncountedDisks } from './disk-subjects.ts'
import { type Levels, type Observation, type Rule, stanceOf, type View, type Words } from './rule.ts'

/** Share of time in which some task waited for I/O that counts as a witness. */
const WITNESS_RATIO = 0.1
const DEAD_STATES = new Set(['offline', 'dead'])

/**
 * A device that completes nothing although requests are in flight. A second witness is asked for, because some drivers
 * leak in-flight counts (seen on 3.10 to 5.x).
 */
export const diskHung: Rule = {
  id: 'DiskHung',
  kind: 'condition',
  severity: 'warning',
  summary: 'A disk has requests in flight and completes none.',
  subject: 'Disk',
  needs: ['diskstats'],
  uses: ['blockdevices', 'pressure', 'cpu'],
  triggers: [
    {
      name: 'level',
      signal: 'disk.stalledRequests',
      unit: 'count',
      direction: 'above',
      raise: 1,
      clear: 1,
      reason: 'DiskNotCompleting',
      forMs: 15_000,
      criticalForMs: 60_000,
      alwaysPersistent: true,
      also: 'a second witness (a task blocked on I/O, or io PSI some > 10 %), or the device is suspended (info where nothing is mounted on it and no request waits above it); a device state of offline or dead is critical at once',
      observe,
    },
  ],
  remedy:
    'Find who waits (`ps -eLo tid,stat,wchan:30,comm | grep " D"`) and look for this device in `dmesg`; drain the node if it does not come back.',
}

function observe(view: View, levels: Levels): Observation[] | null {
  const disks = view.facts.disks.filter(disk => disk.device?.counts !== false)
  if (view.still) return null
  if (disks.length > 0 && disks.every(disk => view.signals.get('disk.stalledRequests', disk.name) === undefined))
    return null
  const isHung = (disk: Disk) => hangs(view, disk, levels)
  const observations = disks.map((disk): Observation => {
    const stalled = view.signals.get('disk.stalledRequests', disk.name)
    const state = disk.device?.state ?? null
    const dead = state !== null && DEAD_STATES.has(state)
    const hung = isHung(disk) && !faultLiesBelow(disk, view.facts, isHung)
    return {
      subject: diskSubject(disk),
      stance: dead ? 'critical' : hung ? 'raise' : stanceOf(stalled, 'above', levels, false),
      words: () => ({
        ...describe(view, disk),
        ...(dead ? offline(disk, state) : {}),
        ...(isIdle(view, disk, levels) ? { atMost: 'info' } : {}),
      }),
    }
  })
  return [...observations, ...uncountedDisks(view)]
}

const offline = (disk: Disk, state: string) =>
  ({ reason: 'DiskOffline', atOnce: true, message: `${diskInWords(disk)} is ${state}` }) as const

function describe({ signals }: View, disk: Disk): Words {
  const stalled = signals.get('disk.stalledRequests', disk.name) ?? 0
  const { suspended = false, state = null } = disk.device ?? {}
  const what = suspended
    ? `is suspended${hasWitness(signals) ? ' while tasks wait for I/O' : ''}`
    : `completes nothing with ${plural(stalled, 'request')} in flight`
  return {
    badness: stalled,
    message: `${diskInWords(disk)} ${what}`,
    evidence: {
      inFlight: signals.get('disk.inFlight', disk.name) ?? 0,
      suspended,
      ...(state === null ? {} : { state }),
    },
  }
}

/**
 * In flight without completions, and somebody waits for it. A suspended device-mapper device defers requests before they
 * are counted: nothing is in flight on it, at most on the devices above.
 */
function hangs({ signals }: View, disk: Disk, levels: Levels): boolean {
  if (!hasWitness(signals)) return false
  return (
    disk.device?.suspended === true ||
    stanceOf(signals.get('disk.stalledRequests', disk.name), 'above', levels) === 'raise'
  )
}

/**
 * Suspended, and nothing that we see uses it: no mount on it or above it, no request of a device above it waits. A snapshot
 * that was forgotten, say; that tasks wait for I/O then has another cause. Where no mount is known nobody can tell.
 */
function isIdle({ signals, facts }: View, disk: Disk, levels: Levels): boolean {
  if (!disk.device?.suspended || disk.mountPoints.length > 0 || disk.role === 'volume') return false
  const stalls = ({ name }: Disk) => (signals.get('disk.stalledRequests', name) ?? 0) >= levels.raise
  const liesOnIt = (upper: Disk) => faultLiesBelow(upper, facts, below => below === disk)
  return (
    facts.disks.some(({ mountPoints }) => mountPoints.length > 0) &&
    !facts.disks.some(other => stalls(other) && (other === disk || liesOnIt(other)))
  )
}

function hasWitness(signals: View['signals']): boolean {
  const some = signals.get('pressure.ioSomeRatio')
  const blocked = signals.get('cpu.procsBlocked')
  if (some === undefined && blocked === undefined) return true // nobody to ask: rather a doubtful verdict than a hung disk unseen
  return (some ?? 0) > WITNESS_RATIO || (blocked ?? 0) > 0
}
