/**
 * `npm run bench`: what the agent costs beside its peers, measured in one run on this machine. Prints, asserts nothing.
 * `npm run bench -- reads cycle scale` runs a part.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { cycle } from './cycle.ts'
import { reads } from './reads.ts'
import { scale } from './scale.ts'

const parts = { reads, cycle, scale }
const wanted = process.argv.slice(2)

console.log(
  `${cpus().length} x ${cpus()[0]?.model}, Linux ${readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()}, Node.js ${process.version}`,
)
console.log(execFileSync('uptime', { encoding: 'utf8' }).trim())
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n# ${name}`)
  await part()
}
