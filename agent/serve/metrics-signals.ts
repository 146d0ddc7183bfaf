import { signalCatalogue } from '../derive/catalogue.ts'
import type { Report } from '../report.ts'
import type { SignalDefinition, SignalName } from '../signals.ts'
import type { Family, Metric, Series } from './metric.ts'

/** Label of the subject by its kind; the kind in small letters where not given, none for the node as a whole. */
const LABELS: Readonly<Record<string, string>> = {
  Disk: 'device',
  Filesystem: 'mountpoint',
  NUMANode: 'numa_node',
}

/** File systems run out of two things; the subject `/var#inodes` says which. */
const RESOURCE = 'resource'
const INODES = '#inodes'

function signalLabels(kind: SignalDefinition['subject']): string[] {
  if (kind === 'Node') return []
  return [LABELS[kind] ?? kind.toLowerCase(), ...(kind === 'Filesystem' ? [RESOURCE] : [])]
}

/** `disk.writeAwaitMs` is `node_agent_disk_write_await_seconds`: snake case, base units. */
export function signalMetricName(signal: string, unit: SignalDefinition['unit']): string {
  const words = signal
    .replace('.', '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z]{2,})/g, '$1_$2')
    .toLowerCase()
  // `_count` is reserved for histograms.
  return `node_agent_${unit === 'ms' ? words.replace(/_ms$/, '_seconds') : words.replace(/_count$/, '')}`
}

const toBase = (value: number, unit: SignalDefinition['unit']): number => (unit === 'ms' ? value / 1000 : value)

function labelsOf(kind: SignalDefinition['subject'], subject: string): Series['labels'] {
  const [label] = signalLabels(kind)
  if (label === undefined) return {}
  if (kind !== 'Filesystem') return { [label]: subject }
  return subject.endsWith(INODES)
    ? { [label]: subject.slice(0, -INODES.length), [RESOURCE]: 'inodes' }
    : { [label]: subject, [RESOURCE]: 'space' }
}

/** One metric per signal, for the docs and for scrapes. */
export const signalMetrics: readonly Omit<Metric, 'series'>[] = Object.entries(
  signalCatalogue as Record<string, SignalDefinition>,
).map(([signal, { unit, subject, help }]) => ({
  name: signalMetricName(signal, unit),
  help: `${help} (${signal})`,
  type: 'gauge',
  labels: signalLabels(subject),
}))

/** The signals of a report in at most `budget` series, and how many found no room. */
export function signalFamilies(
  { signals, problems }: Pick<Report, 'signals' | 'problems'>,
  budget: number,
): { families: Family[]; leftOut: number } {
  const all = Object.values(signals)
  const limit = fairLimit(
    all.map(values => values.length),
    budget,
  )
  const troubled = new Set(problems.map(({ subject }) => subject.name))
  const families = (Object.keys(signalCatalogue) as SignalName[]).map((signal, index) => {
    const { unit, subject: kind } = signalCatalogue[signal]
    const values = first(signals[signal] ?? [], limit, troubled)
    const series = values.map(({ subject, value }) => ({ labels: labelsOf(kind, subject), value: toBase(value, unit) }))
    return { ...signalMetrics[index]!, series }
  })
  return { families, leftOut: all.reduce((sum, { length }) => sum + Math.max(length - limit, 0), 0) }
}

/** How many subjects every signal may have so that all fit: those with few keep all of theirs. */
function fairLimit(counts: readonly number[], budget: number): number {
  const used = (limit: number) => counts.reduce((sum, count) => sum + Math.min(count, limit), 0)
  let limit = Math.max(0, ...counts)
  while (limit > 0 && used(limit) > budget) limit--
  return limit
}

/** Those with a problem, then the first in the order of the report: the same from scrape to scrape. */
function first<T extends { readonly subject: string }>(
  values: readonly T[],
  limit: number,
  troubled: ReadonlySet<string>,
): readonly T[] {
  if (values.length <= limit) return values
  const isTroubled = ({ subject }: T) => troubled.has(subject)
  return [...values.filter(isTroubled), ...values.filter(value => !isTroubled(value))].slice(0, limit)
}
