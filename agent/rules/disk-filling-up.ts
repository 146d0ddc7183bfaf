import { type FilesystemFact, inodesOf } from '../derive/filesystems.ts'
import { bytes, bytesPerSecond, duration, percent, perSecond } from '../words.ts'
import { filesystemInWords, filesystemSubject, podOf } from './filesystem-subjects.ts'
import { evidence, type Levels, type Observation, type Rule, type Stance, stanceOf, type View } from './rule.ts'

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

/** Image stores go up and down as the kubelet removes images, so that neither margin nor a long forecast tells anything of their space. */
const steady = ({ fact, isSpace }: Resource): boolean => !(fact.imageStore && isSpace)

export const diskFillingUp: Rule = {
  id: 'DiskFillingUp',
  kind: 'condition',
  severity: 'warning',
  summary: 'A file system runs out of space or inodes.',
  subject: 'Filesystem',
  needs: ['mounts', 'filesystems'],
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
      also: 'the margin is above 10 % of space available at the kubelet root, 5 % elsewhere, 5 % of inodes; space of image stores has triggers of its own',
      observe: (view, levels) =>
        resources(view)
          .filter(steady)
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
      also: 'more than 60 % used, and not an image store; a forecast reaches 8 times the span that it is fitted to',
      observe: (view, levels) => forecasts(view, levels, steady, 'filesystem.timeToLineMs'),
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
          .filter(resource => !steady(resource))
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
      observe: (view, levels) => forecasts(view, levels, resource => !steady(resource), 'filesystem.timeToFullMs'),
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
  const line = lineInWords(resource)
  const where = (ratio ?? 0) > 0 ? `${percent(ratio ?? 0)} above ${line}` : `past ${line}`
  return observation(view, resource, stanceOf(ratio, 'below', levels), where)
}

function imageStore(view: View, levels: Levels, resource: Resource): Observation {
  const stance = stanceOf(view.signals.get('filesystem.availableRatio', resource.subject), 'below', levels)
  return observation(view, resource, stance, 'and removing unused images does not free enough')
}

/** Without history, as in `check`, a forecast says nothing. */
function forecasts(
  view: View,
  levels: Levels,
  wanted: (resource: Resource) => boolean,
  signal: 'filesystem.timeToLineMs' | 'filesystem.timeToFullMs',
): Observation[] {
  if (view.instant) return []
  return resources(view)
    .filter(wanted)
    .map(resource => {
      const ms = view.signals.get(signal, resource.subject)
      const goal = signal === 'filesystem.timeToFullMs' ? 'full' : `at ${lineInWords(resource)}`
      const grows = growth(view, resource)
      const what = ms === undefined || grows === undefined ? 'fills up' : `${grows}, ${goal} in ${duration(ms)}`
      return observation(view, resource, forecastStance(view, levels, resource, ms), what)
    })
}

/** What was fitted and does not grow that far is clear; what could not be fitted yet is unknown. */
function forecastStance(
  { signals }: View,
  levels: Levels,
  { subject, isSpace }: Resource,
  ms: number | undefined,
): Stance {
  if (ms !== undefined) {
    const used = signals.get('filesystem.usedRatio', subject) ?? 0
    return stanceOf(ms, 'below', levels, used > MIN_USED_RATIO)
  }
  const fitted = signals.get(isSpace ? 'filesystem.fillBytesPerSecond' : 'filesystem.fillInodesPerSecond', subject)
  return fitted === undefined ? 'unmeasured' : 'clear'
}

function growth({ signals }: View, { subject, isSpace }: Resource): string | undefined {
  const rate = signals.get(isSpace ? 'filesystem.fillBytesPerSecond' : 'filesystem.fillInodesPerSecond', subject)
  if (rate === undefined) return undefined
  return `growing by ${isSpace ? bytesPerSecond(rate) : perSecond(rate)}`
}

function lineInWords({ fact, isSpace }: Resource): string {
  const evicts = fact.purposes.includes('kubelet root')
  const share = isSpace ? `${percent(fact.line)} available` : '5 % of inodes free'
  return evicts ? `the line at which the kubelet evicts pods (${share})` : `the mark of ${share}`
}

function observation(view: View, { fact, subject, isSpace }: Resource, stance: Stance, what: string): Observation {
  const of = (name: Parameters<typeof view.signals.get>[0]) => view.signals.get(name, subject)
  const used = of('filesystem.usedRatio')
  const available = isSpace ? bytes(of('filesystem.availableBytes') ?? 0) : 'inodes'
  const full = isSpace
    ? `is ${percent(used ?? 0)} full with ${available} available`
    : `has ${percent(used ?? 0)} of its inodes in use`
  const culprits = podOf(fact.podUid, view.facts)
  return {
    subject: { ...filesystemSubject(fact), name: subject },
    stance: fact.measured ? stance : 'unmeasured',
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
