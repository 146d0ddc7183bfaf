import type { Report } from '../../agent/report.ts'
import { ruleCatalogue } from '../../agent/rules/index.ts'
import { evidenceOf } from '../../agent/rules/rule.ts'
import type { CollectorName } from '../../collectors/index.ts'
import { type Damage, WAYS } from './damage.ts'

/** What is not as it should be in the reports of a damaged file, in words. */
export function complaints(damage: Damage, healthy: Report, reports: readonly Report[]): string[] {
  const wrong: string[] = []
  const before = reports[1]!
  const after = reports.at(-1)!
  for (const [index, report] of reports.entries()) {
    const way = WAYS[index - 2]?.[0] ?? 'healthy'
    const complain = (what: string) => wrong.push(`${way}, frame ${index}: ${what}`)
    for (const text of ofCollectors(damage, way, healthy, report)) complain(text)
    for (const text of ofConditions(damage, way, index, report)) complain(text)
    const failed = Object.entries(report.collectors).some(
      ([name, { status }]) => status === 'failed' && NEEDED.has(name),
    )
    if (index > 0 && report.verdict !== (failed ? 'Unknown' : 'Healthy')) complain(`verdict ${report.verdict}`)
  }
  const transitions = ({ conditions }: Report) => conditions.map(({ type, lastTransitionTime: at }) => `${type} ${at}`)
  if (transitions(after).join() !== transitions(before).join()) wrong.push(`transitions ${transitions(after)}`)
  return wrong
}

const NEEDED = new Set<string>(ruleCatalogue.flatMap(evidenceOf))

/** One sentence, with the file's name. */
const SENTENCE = /^\P{Cc}{10,310}$/u

function ofCollectors({ path, readers }: Damage, way: string, healthy: Report, report: Report): string[] {
  return Object.entries(report.collectors).flatMap(([name, { status, error }]) => {
    const before = healthy.collectors[name]!.status
    if (way === 'healthy' || !readers.some(reader => reader === name))
      return status === before ? [] : [`${name} is ${status}: ${error}`]
    if (way === 'truncated' && status === before) return []
    // Only regular files of that name are looked for.
    if (way === 'a directory' && path.endsWith('config.v2.json')) return []
    if (status !== 'failed') return [`${name} is ${status}`]
    const says = SENTENCE.test(error ?? '') && error!.includes(path.replace(/^(proc\/sys|statfs)?.*\//, ''))
    return says ? [] : [`${name} says ${JSON.stringify(error)}`]
  })
}

function ofConditions({ readers }: Damage, way: string, index: number, { conditions }: Report): string[] {
  const lost = index >= 4 && index < 2 + WAYS.length && way !== 'truncated'
  return conditions.flatMap(({ type, status, reason }) => {
    if (index === 0) return []
    const { needs, triggers } = ruleCatalogue.find(({ id }) => id === type)!
    const unread = (names: readonly CollectorName[]) => names.some(need => readers.includes(need) && !PARTIAL.has(need))
    const hit = triggers.every(trigger => unread(trigger.needs ?? needs))
    if (!hit) return status === 'False' ? [] : [`${type} is ${status}: ${reason}`]
    if (lost) return status === 'Unknown' && reason === 'EvidenceMissing' ? [] : [`${type} is ${status}: ${reason}`]
    // Rates take a frame to come back.
    return status === 'False' || (way !== 'healthy' && index > 2) || index === 2 + WAYS.length
      ? []
      : [`${type} is ${status}`]
  })
}

/** Read in parts: what one file lacks leaves the rest. */
const PARTIAL = new Set<string>(['sysctls'])
