import { perSecond } from '../words.ts'
import { evidence, type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

const STRICT = 1

/** Strict filtering is many distributions' default and harmless, until packets come in another way than answers go out. */
export const reversePathFilterStrict: Rule = {
  id: 'ReversePathFilterStrict',
  kind: 'finding',
  severity: 'info',
  summary: 'Strict reverse path filtering drops packets.',
  subject: 'Node',
  needs: ['netstat', 'sysctls'],
  triggers: [
    {
      name: 'level',
      signal: 'netstat.IPReversePathFilterPerSecond',
      unit: 'perSecond',
      direction: 'above',
      // One packet in an interval of 10 s, jitter allowed for: the counter rises.
      raise: 0.05,
      reason: 'ReversePathFilterDrops',
      also: 'rp_filter is 1 (strict) on an interface',
      observe,
    },
  ],
  remedy:
    'Set net.ipv4.conf.<interface>.rp_filter to 2 (loose) where pod traffic or asymmetric routes come in; the larger of it and conf.all counts.',
}

function observe({ signals, facts }: View, levels: Levels): Observation[] | null {
  const dropped = signals.get('netstat.IPReversePathFilterPerSecond')
  const filters = facts.settings?.rpFilter
  if (dropped === undefined || filters === undefined || filters.size === 0) return null
  const strict = strictInterfaces(filters)
  return [
    {
      subject: theNode,
      stance: strict.length > 0 ? stanceOf(dropped, 'above', levels) : 'clear',
      words: () => ({
        badness: dropped,
        message: `strict reverse path filtering (rp_filter = 1 on ${strict.slice(0, 4).join(', ')}) drops packets at ${perSecond(dropped)}`,
        evidence: {
          ...evidence({ IPReversePathFilterPerSecond: dropped, allRpFilter: filters.get('all') }),
          strictInterfaces: strict.slice(0, 16).join(' '),
        },
      }),
    },
  ]
}

/** The larger of `all` and the interface's own value counts; `default` is what interfaces to come will have. */
function strictInterfaces(filters: ReadonlyMap<string, number>): string[] {
  const all = filters.get('all') ?? 0
  const own = [...filters].filter(([name]) => name !== 'all' && name !== 'lo')
  const strict = own.filter(([, value]) => Math.max(value, all) === STRICT).map(([name]) => name)
  return own.length === 0 && all === STRICT ? ['all'] : strict.sort()
}
