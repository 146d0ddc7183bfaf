import { type FilesystemFact, inodesOf } from '../derive/filesystems.ts'
import { bytes, bytesPerSecond, duration, percent, perSecond } from '../words.ts'
import { filesystemInWords, filesystemSubject, podOf } from './filesystem-subjects.ts'
import {
  evidence,
  type Levels,
  type Observation,
  type Rule,
  type Stance,
  stanceOf,
  type View,
  type Words,
} from './rule.ts'

/** Space or inodes of one file system, as one subject of the rule. */
interface Resource {
  readonly fact: FilesystemFact
  /** Mount point, with `#inodes` for the inodes. */
  readonly subject: string
  readonly isSpace: boolean
}

/** A forecast only speaks from here on: what fills an empty disk rarely goes on until it is full. */
const MIN_USED_RATIO = 0.6
const HOUR_MS = 3_600_000
const KUBELET_ROOT = 'kubelet root'

/**
 * Image GC goes from 15 to 20 % available; one large image more is 25 %. Below that, growth is what the kubelet takes back,
 * and a long forecast begins nothing; what it has begun goes on.
 */
const SAW_RATIO = 0.25

const storesImages = ({ fact, isSpace }: Resource): boolean => fact.imageStore && isSpace

/** On a disk of images alone, removing them is all that counts; beside the kubelet root there is a line to keep away from. */
const hasLine = (resource: Resource): boolean =>
  !storesImages(resource) || resource.fact.purposes.includes(KUBELET_ROOT)

export const diskFillingUp: Rule = {
  id: 'DiskFillingUp',
  kind: 'condition',
  severity: 'warning',
  summary: 'A file system runs out of space or inodes.',
  subject: 'Filesystem',
  needs: ['mounts', 'filesystems'],
  uses: ['nodepaths'],
  triggers: [
    {
      name: 'margin',
      signal: 'filesystem.marginRatio',
      unit: 'ratio',
      direction: 'below',
      raise: 0.03,
      clear: 0.05,
      reason: 'DiskNearlyFull',
      forMs: 120_000,
      also: 'the margin is above 10 % of space available at the kubelet root, 5 % elsewhere, 5 % of inodes; not the space of an image store on a disk of its own',
      observe: (view, levels) =>
        resources(view)
          .filter(hasLine)
          .map(resource => margin(view, levels, resource)),
    },
    {
      name: 'forecast',
      signal: 'filesystem.timeToLineMs',
      unit: 'ms',
      direction: 'below',
      raise: 4 * HOUR_MS,
      clear: 8 * HOUR_MS,
      reason: 'DiskFillsUpSoon',
      forMs: 120_000,
      also: 'more than 60 % used; not an image store on a disk of its own, and where it shares one with the kubelet root only from 25 % available on: closer to image GC, growth is what that takes back; a forecast reaches 8 times the span that it is fitted to',
      observe: (view, levels) => forecasts(view, levels, hasLine, 'filesystem.timeToLineMs'),
    },
    {
      name: 'imageStore',
      signal: 'filesystem.availableRatio',
      unit: 'ratio',
      direction: 'below',
      raise: 0.15,
      clear: 0.2,
      reason: 'ImageGCNotFreeing',
      forMs: 600_000,
      also: 'image stores only: the kubelet removes images from 85 % used (imageGCHighThresholdPercent) down to 80 %',
      observe: (view, levels) =>
        resources(view)
          .filter(storesImages)
          .map(resource => imageStore(view, levels, resource)),
    },
    {
      name: 'imageForecast',
      signal: 'filesystem.timeToFullMs',
      unit: 'ms',
      direction: 'below',
      raise: HOUR_MS / 4,
      clear: HOUR_MS / 2,
      reason: 'DiskFillsUpSoon',
      forMs: 120_000,
      also: 'image stores only, more than 60 % used',
      observe: (view, levels) => forecasts(view, levels, storesImages, 'filesystem.timeToFullMs'),
    },
  ],
  remedy:
    'See who holds the space (`du -xhd1 MOUNTPOINT | sort -h`; inodes: `du --inodes -xd1 MOUNTPOINT | sort -n`), deleted files that are still open (`lsof +L1`) and large container logs; remove unused images with `crictl rmi --prune`.',
}

function resources({ facts }: View): Resource[] {
  return facts.filesystems
    .filter(({ writable }) => writable)
    .flatMap(fact => {
      const space = { fact, subject: fact.mountPoint, isSpace: true }
      return fact.hasInodes ? [space, { fact, subject: inodesOf(fact.mountPoint), isSpace: false }] : [space]
    })
}

function margin(view: View, levels: Levels, resource: Resource): Observation {
  const ratio = view.signals.get('filesystem.marginRatio', resource.subject)
  return observation(view, resource, stanceOf(ratio, 'below', levels), () => {
    const line = lineInWords(resource)
    return (ratio ?? 0) > 0 ? `${percent(ratio ?? 0)} above ${line}` : `past ${line}`
  })
}

function imageStore(view: View, levels: Levels, resource: Resource): Observation {
  const stance = stanceOf(view.signals.get('filesystem.availableRatio', resource.subject), 'below', levels)
  return observation(view, resource, stance, () => 'and removing unused images does not free enough')
}

/** Without history, as in `check`, a forecast says nothing. */
function forecasts(
  view: View,
  levels: Levels,
  wanted: (resource: Resource) => boolean,
  signal: 'filesystem.timeToLineMs' | 'filesystem.timeToFullMs',
): Observation[] {
  if (view.instant) return []
  const toLine = signal === 'filesystem.timeToLineMs'
  return resources(view)
    .filter(wanted)
    .map(resource => {
      const ms = view.signals.get(signal, resource.subject)
      const rate = growth(view, resource)
      const guard = speaks(view, resource, toLine && storesImages(resource) ? SAW_RATIO : 0)
      return observation(view, resource, forecastStance(ms, levels, guard, rate !== undefined), () => {
        if (ms === undefined || rate === undefined) return 'fills up'
        const grows = `growing by ${resource.isSpace ? bytesPerSecond(rate) : perSecond(rate)}`
        return `${grows}, ${toLine ? `at ${lineInWords(resource)}` : 'full'} in ${duration(ms)}`
      })
    })
}

/** Whether growth may be the beginning of a problem. */
function speaks({ signals }: View, { subject }: Resource, minAvailableRatio: number): boolean {
  const used = signals.get('filesystem.usedRatio', subject) ?? 0
  return used > MIN_USED_RATIO && (signals.get('filesystem.availableRatio', subject) ?? 0) >= minAvailableRatio
}

/** What was fitted and does not grow that far is clear; what could not be fitted yet is unknown. */
const forecastStance = (ms: number | undefined, levels: Levels, guard: boolean, fitted: boolean): Stance =>
  ms === undefined && fitted ? 'clear' : stanceOf(ms, 'below', levels, guard)

const growth = ({ signals }: View, { subject, isSpace }: Resource): number | undefined =>
  signals.get(isSpace ? 'filesystem.fillBytesPerSecond' : 'filesystem.fillInodesPerSecond', subject)

function lineInWords({ fact, isSpace }: Resource): string {
  const evicts = fact.purposes.includes(KUBELET_ROOT)
  const share = isSpace ? `${percent(fact.line)} available` : '5 % of inodes free'
  return evicts ? `the line at which the kubelet evicts pods (${share})` : `the mark of ${share}`
}

function observation(view: View, resource: Resource, stance: Stance, what: () => string): Observation {
  const { fact, subject } = resource
  return {
    subject: { ...filesystemSubject(fact), name: subject },
    stance: fact.measured ? stance : 'unmeasured',
    words: () => describe(view, resource, what()),
  }
}

function describe(view: View, { fact, subject, isSpace }: Resource, what: string): Words {
  const of = (name: Parameters<typeof view.signals.get>[0]) => view.signals.get(name, subject)
  const used = of('filesystem.usedRatio')
  const available = isSpace ? bytes(of('filesystem.availableBytes') ?? 0) : 'inodes'
  const full = isSpace
    ? `is ${percent(used ?? 0)} full with ${available} available`
    : `has ${percent(used ?? 0)} of its inodes in use`
  const culprits = podOf(fact.podUid, view.facts)
  return {
    badness: used ?? 0,
    message: `${filesystemInWords(fact)} ${full}, ${what}`,
    evidence: evidence({
      usedRatio: used,
      marginRatio: of('filesystem.marginRatio'),
      ...(isSpace
        ? {
            availableBytes: of('filesystem.availableBytes'),
            sizeBytes: of('filesystem.sizeBytes'),
            fillBytesPerSecond: of('filesystem.fillBytesPerSecond'),
          }
        : {
            freeInodes: view.signals.get('filesystem.freeInodes', fact.mountPoint),
            fillInodesPerSecond: of('filesystem.fillInodesPerSecond'),
          }),
      timeToLineMs: of('filesystem.timeToLineMs'),
      timeToFullMs: of('filesystem.timeToFullMs'),
    }),
    ...(culprits.length > 0 ? { culprits } : {}),
  }
}
