import fc from 'fast-check'
import type { Test } from 'tap'
import { Malformed } from '../../collectors/reading.ts'

/** Finite numbers or one Malformed, whatever the text: random strings, and a good file with pieces cut, doubled and replaced. */
export function totalParser(t: Test, parse: (text: string) => unknown, good: string): void {
  const damaged = fc
    .tuple(
      fc.nat(good.length),
      fc.nat(12),
      fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', '\n', ' ', '-', '\0', '9'.repeat(30), 'nan', '1e999')),
    )
    .map(([at, cut, instead]) => good.slice(0, at) + instead + good.slice(at + cut))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), damaged), text => {
      try {
        assertFinite(parse(text))
      } catch (error) {
        if (!(error instanceof Malformed)) throw error
      }
    }),
    { numRuns: 500 },
  )
  t.pass('finite numbers or Malformed')
}

function assertFinite(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`not finite: ${value}`)
  if (value instanceof Map) for (const entry of value) assertFinite(entry)
  else if (typeof value === 'object' && value !== null) for (const entry of Object.values(value)) assertFinite(entry)
}
