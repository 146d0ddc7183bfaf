import { diskHung } from './disk-hung.ts'
import { diskSlow } from './disk-slow.ts'
import type { Rule } from './rule.ts'

/** The catalogue. Adding a rule: its file and its line here; docs, metrics and configuration follow from it. */
export const ruleCatalogue: readonly Rule[] = [diskHung, diskSlow]
