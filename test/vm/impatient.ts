/** A configuration for a sick machine that is made well again within seconds: every rule as it is, but quick to speak and quick to be silent. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** `nodeAgent`: the arguments that make node run it (a bundle, or the sources). */
export async function impatientConfig(nodeAgent: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [...nodeAgent, 'rules', '--output', 'json'])
  const rules = JSON.parse(stdout) as { id: string; forMs: number }[]
  const lines = [...new Set(rules.filter(({ forMs }) => forMs > 0).map(({ id }) => id))].map(
    id => `  ${id}: { for: 3s, hold: 3s }`,
  )
  return ['interval: 1s', 'rules:', ...lines, ''].join('\n')
}
