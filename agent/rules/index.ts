import { clockStepped } from './clock-stepped.ts'
import { clockUnsynchronized } from './clock-unsynchronized.ts'
import { cpuStolen } from './cpu-stolen.ts'
import { diskHung } from './disk-hung.ts'
import { diskSlow } from './disk-slow.ts'
import { fdPressure } from './fd-pressure.ts'
import { highLoad } from './high-load.ts'
import { memoryFragmented } from './memory-fragmented.ts'
import { memoryShort } from './memory-short.ts'
import type { Rule } from './rule.ts'
import { threadPressure } from './thread-pressure.ts'

/** The catalogue. Adding a rule: its file and its line here; docs, metrics and configuration follow from it. */
export const ruleCatalogue: readonly Rule[] = [
  diskHung,
  diskSlow,
  memoryFragmented,
  memoryShort,
  highLoad,
  fdPressure,
  threadPressure,
  clockUnsynchronized,
  clockStepped,
  cpuStolen,
]
