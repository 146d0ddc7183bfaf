import Type, { type TSchema } from 'typebox'
import type { Rule } from '../rules/rule.ts'

export const closed = { additionalProperties: false } as const
/** `value`: the default. */
export const duration = (description: string, value?: string) =>
  Type.String({
    description,
    pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$',
    ...(value === undefined ? {} : { default: value }),
  })

const threshold = (description: string) =>
  Type.Optional(Type.Union([Type.Number({ minimum: 0 }), Type.String()], { description }))
const times = {
  for: Type.Optional(duration('How long it must hold before it counts')),
  hold: Type.Optional(duration('How long it must be clear before it is over')),
}
const levels = {
  raise: threshold('Level at which it begins, in the unit of the signal'),
  critical: threshold('Level (or, where duration makes it critical, time) from which it is critical'),
  clear: threshold('Level past which it is over; half of `raise` where not given'),
}

/** What the configuration may say of a rule. */
export function ruleSchema(rule: Rule): TSchema {
  const single = rule.triggers.length === 1
  return Type.Optional(
    Type.Object(
      {
        enabled: Type.Optional(Type.Boolean({ description: 'Whether it is judged at all' })),
        ...(single ? levels : {}),
        ...times,
        include: Type.Optional(
          Type.Array(Type.String(), { description: 'Globs (`*`, `?`) of the subjects to judge; all where empty' }),
        ),
        exclude: Type.Optional(
          Type.Array(Type.String(), {
            description: 'Globs (`*`, `?`) of subjects to leave out; stronger than include',
          }),
        ),
        triggers: Type.Optional(
          Type.Object(
            Object.fromEntries(
              rule.triggers.map(({ name }) => [name, Type.Optional(Type.Object({ ...levels, ...times }, closed))]),
            ),
            closed,
          ),
        ),
      },
      { ...closed, description: rule.summary },
    ),
  )
}

interface LevelsInput {
  readonly raise?: number | string
  readonly critical?: number | string
  readonly clear?: number | string
  readonly for?: string
  readonly hold?: string
}

export interface RuleInput extends LevelsInput {
  readonly enabled?: boolean
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly triggers?: Readonly<Record<string, LevelsInput>>
}
