import { columns } from '../layout.ts'
import type { Unit } from '../signals.ts'
import { duration, valueText } from '../words.ts'
import type { ActiveRule } from './active.ts'

/** A trigger of a rule as a table row: for `rules`, the docs and their test. */
export interface RuleRow {
  readonly id: string
  readonly trigger: string
  readonly kind: string
  readonly condition: string | null
  readonly signal: string
  readonly unit: Unit
  readonly direction: 'above' | 'below'
  readonly raise: number
  readonly critical: number | null
  readonly criticalAfterMs: number | null
  readonly clear: number
  readonly forMs: number
  readonly holdMs: number
  readonly severity: string
  readonly reason: string
  readonly also: string | null
  readonly runbook: string
}

export function ruleRows(rules: readonly ActiveRule[]): RuleRow[] {
  return rules.flatMap(rule =>
    rule.triggers.map(({ name, reason, definition, levels, forMs, criticalForMs, holdMs }) => ({
      id: rule.id,
      trigger: name,
      kind: rule.kind,
      condition: rule.kind === 'condition' ? rule.id : null,
      signal: definition.signal,
      unit: definition.unit,
      direction: definition.direction,
      raise: levels.raise,
      critical: levels.critical,
      criticalAfterMs: criticalForMs,
      clear: levels.clear,
      forMs,
      holdMs,
      severity: rule.severity,
      reason,
      also: definition.also ?? null,
      runbook: `docs/runbooks/${rule.id}.md`,
    })),
  )
}

export function rulesText(rows: readonly RuleRow[], width: number): string {
  const table = rows.map(row => [
    row.trigger === 'level' ? row.id : `${row.id} (${row.trigger})`,
    row.signal,
    `${row.direction === 'above' ? '≥' : '≤'} ${valueText(row.raise, row.unit)}`,
    valueText(row.clear, row.unit),
    row.forMs === 0 ? 'at once' : duration(row.forMs),
    severityText(row),
    row.condition === null ? row.kind : 'condition',
    row.runbook,
  ])
  return columns([['RULE', 'SIGNAL', 'RAISE', 'CLEAR', 'FOR', 'SEVERITY', 'KIND', 'RUNBOOK'], ...table], width).join(
    '\n',
  )
}

export function severityText({ severity, critical, criticalAfterMs, unit, direction }: RuleRow): string {
  if (critical !== null)
    return `${severity}, critical ${direction === 'above' ? '≥' : '≤'} ${valueText(critical, unit)}`
  return criticalAfterMs === null ? severity : `${severity}, critical after ${duration(criticalAfterMs)}`
}
