/** A configuration for a sick machine that is made well again within seconds: every rule as it is, but quick to speak and quick to be silent. */

/** HighLoad looks at medians and means of a minute. They begin with the load of the boot, and would take a minute more to fall to half of the raise level. */
const special: Record<string, string> = {
  HighLoad: '{ for: 15s, hold: 3s, triggers: { runnable: { clear: 1.8 }, blocked: { clear: 0.95 } } }',
}

/** As YAML, for rules as `node-agent rules --output json` lists them. */
export function impatientConfig(rules: readonly { readonly id: string; readonly forMs: number }[]): string {
  const ids = new Set(rules.filter(({ forMs }) => forMs > 0).map(({ id }) => id))
  const lines = [...ids].map(id => `  ${id}: ${special[id] ?? '{ for: 3s, hold: 3s }'}`)
  return ['interval: 1s', 'rules:', ...lines, ''].join('\n')
}
