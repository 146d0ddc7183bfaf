/** Recordings of real faults (test/vm, `RECORD=1 npm run test:vm`) replayed: what was seen then is seen now. `UPDATE_GOLDEN=1` rewrites what is expected. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { toConfig } from '../agent/config/config.ts'
import { loadConfig } from '../agent/config/load.ts'
import { openRecording } from '../agent/record/open.ts'
import { replayRecording } from '../agent/record/replay.ts'
import { activeRules } from '../agent/rules/active.ts'
import { ruleCatalogue } from '../agent/rules/index.ts'
import { ruleRows } from '../agent/rules/table.ts'
import { impatientConfig } from './vm/impatient.ts'

const CAPTURES = join(import.meta.dirname, 'fixtures/captures')
const SUFFIX = '.capture'

const file = t.testdir({ 'agent.yaml': impatientConfig(ruleRows(activeRules(ruleCatalogue, new Map()))) })
const config = toConfig(loadConfig({ file: join(file, 'agent.yaml'), environment: {}, flags: [], set: [] }), {})

for (const name of readdirSync(CAPTURES).filter(name => name.endsWith(SUFFIX))) {
  t.test(name, async t => {
    const recording = await openRecording(join(CAPTURES, name))
    const { timeline } = await replayRecording(recording, config)
    const is = timeline
      .filter(({ severity }) => severity !== 'info')
      .map(({ id, reason, severity, subject: { role }, startMs, endMs }) => ({
        id,
        reason,
        severity,
        role,
        startMs,
        endMs,
      }))
    const golden = join(CAPTURES, name.replace(SUFFIX, '.json'))
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, `${JSON.stringify(is, null, 2)}\n`)
    t.strictSame(is, JSON.parse(readFileSync(golden, 'utf8')))
  })
}
