import type { Metric } from './metric.ts'
import { LEFT_OUT } from './metrics.ts'
import { apiMetrics } from './metrics-api.ts'
import { fixedRawMetrics } from './metrics-raw.ts'
import { signalMetrics } from './metrics-signals.ts'
import { statusMetrics } from './metrics-status.ts'

type Row = Omit<Metric, 'series'>

/** docs/metrics.md, from the tables that `/metrics` is made of. */
export function metricsMarkdown(): string {
  return `# Metrics

\`GET /metrics\` gives Prometheus text, or OpenMetrics to those who prefer it (\`Accept\`). Everything is a view of the last
report: a scrape measures nothing. A value that the agent does not have now is left out, never 0.

A scrape has at most 1 000 series. On a node where there would be more, signals of many subjects (interfaces, container
logs) lose some: those with a problem stay, then the first in the order of the report; \`node_agent_series_left_out\` says how
many are missing.

## Verdict, problems, conditions, the agent itself

${table([...statusMetrics, LEFT_OUT])}

\`problem_counter\` and \`problem_gauge\` carry the names of node-problem-detector, for dashboards and alerts that exist. In
OpenMetrics \`problem_counter\` is of type unknown, because its name does not end in \`_total\`.

## The API server

${table(apiMetrics)}

## Signals

${table(signalMetrics)}

## Raw counters

With \`metrics.raw: true\`, for those who do not run node_exporter: its names in small letters, with \`node_agent_\` for \`node_\`
and \`_total\`. They do not count towards the 1 000 series, but are bounded to 4 000.

${table(fixedRawMetrics)}

The counters of these files are metrics of their own, whatever the kernel has of them: \`/proc/vmstat\`
(\`node_agent_vmstat_pgmajfault_total\`), \`/proc/net/netstat\`, \`snmp\` and \`snmp6\`
(\`node_agent_netstat_tcpext_listendrops_total\`, \`node_agent_netstat_udp6_inerrors_total\`), \`/proc/net/stat/nf_conntrack\`
(\`node_agent_nf_conntrack_stat_insert_failed_total\`).
`
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${help.replaceAll('|', '\\|')} |`,
  )
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...cells].join('\n')
}
