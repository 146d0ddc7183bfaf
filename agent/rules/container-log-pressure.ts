import type { ContainerLogFact } from '../derive/containerlogs.ts'
import { bytes, bytesPerSecond, percent, plural } from '../words.ts'
import {
  evidence,
  type Levels,
  type Observation,
  type Rule,
  stanceOf,
  type Trigger,
  type View,
  type Words,
} from './rule.ts'

type LogSignal = 'containerlog.sizeBytes' | 'containerlog.filesystemRatio' | 'containerlog.growthBytesPerSecond'

const MIB = 1024 * 1024

/** Twice the bound that the kubelet sets itself by default (containerLogMaxSize 10Mi, containerLogMaxFiles 5) lies far below. */
const MAX_SIZE = 1024 * MIB

export const containerLogPressure: Rule = {
  id: 'ContainerLogPressure',
  kind: 'condition',
  severity: 'warning',
  publishAfter: '5m',
  summary: "A container's log takes too much of the disk, or grows too fast.",
  subject: 'Container',
  needs: ['containerlogs'],
  triggers: [
    {
      name: 'size',
      signal: 'containerlog.sizeBytes',
      unit: 'bytes',
      direction: 'above',
      raise: MAX_SIZE,
      clear: MAX_SIZE / 2,
      reason: 'ContainerLogLarge',
      observe: observing('containerlog.sizeBytes'),
    },
    {
      name: 'share',
      signal: 'containerlog.filesystemRatio',
      unit: 'ratio',
      direction: 'above',
      raise: 0.1,
      clear: 0.05,
      reason: 'ContainerLogLarge',
      observe: observing('containerlog.filesystemRatio'),
    },
    {
      name: 'growth',
      signal: 'containerlog.growthBytesPerSecond',
      unit: 'bytesPerSecond',
      direction: 'above',
      raise: 5 * MIB,
      clear: 2.5 * MIB,
      reason: 'ContainerLogGrowsFast',
      forMs: 300_000,
      also: 'info as long as the log is rotated: then its size stays bounded',
      observe: observing('containerlog.growthBytesPerSecond'),
    },
  ],
  remedy:
    'Truncate the file that is being written (`truncate -s 0 FILE`), never `rm` it: a removed file that is still open keeps its space. Remove the oldest rotated files first. Then bound it (docker: log-opts max-size and max-file; kubelet: containerLogMaxSize) and let the container write less.',
}

function observing(signal: LogSignal): Trigger['observe'] {
  return (view, levels) => view.facts.containerlogs.map(log => observe(view, levels, signal, log))
}

function observe(view: View, levels: Levels, signal: LogSignal, log: ContainerLogFact): Observation {
  const { name, containerId, container } = log
  return {
    subject: {
      kind: 'Container',
      name,
      ...(containerId && container ? { displayName: ownerInWords(log) } : {}),
      role: 'node',
    },
    stance: stanceOf(view.signals.get(signal, name), 'above', levels),
    words: () => ({
      ...describe(view, log),
      ...(signal === 'containerlog.growthBytesPerSecond' && log.rotated ? { atMost: 'info' } : {}),
    }),
  }
}

function describe({ signals }: View, log: ContainerLogFact): Words {
  const { name, containerId, namespace, pod, container } = log
  const sizeBytes = signals.get('containerlog.sizeBytes', name) ?? 0
  const growth = signals.get('containerlog.growthBytesPerSecond', name)
  const share = signals.get('containerlog.filesystemRatio', name)
  return {
    badness: sizeBytes,
    message: [
      `the log of ${inWords(log)} holds ${bytes(sizeBytes)} in ${plural(log.fileCount, 'file')}`,
      share !== undefined && share >= 0.01 ? ` (${percent(share)} of its file system)` : '',
      growth !== undefined && growth > 0 ? `, growing by ${bytesPerSecond(growth)}` : '',
      `: truncate ${log.directory}/${log.current}, do not remove it`,
    ].join(''),
    evidence: evidence({
      sizeBytes,
      allocatedBytes: log.allocatedBytes,
      growthBytesPerSecond: growth,
      filesystemRatio: share,
      files: log.fileCount,
    }),
    culprits: [
      {
        kind: 'Container',
        ...(namespace && pod ? { namespace, pod } : {}),
        ...(container ? { container } : {}),
        ...(containerId ? { containerId } : {}),
        evidence: evidence({ sizeBytes, growthBytesPerSecond: growth }),
      },
    ],
  }
}

const ownerInWords = ({ namespace, pod, container }: ContainerLogFact): string =>
  [namespace, pod, container].filter(Boolean).join('/')

/** `shop/web-0/app (container 3f4e5a6b7c8d)`, or what of it is known. */
function inWords(log: ContainerLogFact): string {
  const owner = ownerInWords(log)
  if (log.containerId === null) return owner
  return owner === '' ? `container ${log.name}` : `${owner} (container ${log.name})`
}
