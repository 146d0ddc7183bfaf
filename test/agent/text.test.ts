import t from 'tap'
import { columns, printable } from '../../agent/layout.ts'
import type { Report, ReportedProblem } from '../../agent/report.ts'
import { activeRules } from '../../agent/rules/active.ts'
import { ruleCatalogue } from '../../agent/rules/index.ts'
import { ruleRows, rulesText } from '../../agent/rules/table.ts'
import { reportText, timelineText } from '../../agent/text.ts'

const HOSTILE = '/data\u001b]0;owned\u0007\u009b2J\u007f\nCRITICAL\u202e\u2066'

const problem: ReportedProblem = {
  id: `DiskFillingUp/${HOSTILE}`,
  condition: 'DiskFillingUp',
  reason: 'DiskFull',
  severity: 'warning',
  subject: { kind: 'Filesystem', name: HOSTILE, role: 'node' },
  since: '2026-11-22T03:00:00.000Z',
  message: `${HOSTILE} is full`,
  evidence: {},
  culprits: [],
  causedBy: [],
  remedy: 'Remove something.',
  runbook: 'docs/runbooks/DiskFillingUp.md',
}

const filesystem = (subject: string) => ({
  'filesystem.sizeBytes': [{ subject, value: 2 ** 40 }],
  'filesystem.availableBytes': [{ subject, value: 2 ** 30 }],
  'filesystem.usedRatio': [{ subject, value: 0.93 }],
})

const report = (signals: Report['signals'], problems: readonly ReportedProblem[] = []): Report => ({
  apiVersion: 'node-agent/v1',
  node: 'test-node',
  time: '2026-11-22T03:00:00.000Z',
  verdict: 'Degraded',
  problems,
  conditions: [],
  signals,
  collectors: { mounts: { status: 'failed', durationMs: 1, ageMs: 0, error: `EIO ${HOSTILE}` } },
  publishing: { enabled: false, detail: 'not published' },
  inventory: {},
  agent: {
    version: '0.0.0',
    uptimeSeconds: 1,
    cycle: { count: 1, durationMs: 1, cpuMs: 1, intervalMs: 1000, gaps: 0, lastGapMs: 0 },
    rssBytes: 1,
  },
})

const LONG = `/var/lib/kubelet/pods/8f14e45f-ceea-467f-a9ab-0d3a6e2b9c11/volumes/kubernetes.io~csi/pvc-${'0'.repeat(36)}/mount`

t.test('what controls a terminal is shown, not sent', async t => {
  t.equal(printable('a\u001b[31m\nb\u0085\u202e'), 'a\\x1b[31m\\x0ab\\x85\\u202e')
  t.equal(printable('/srv/Ünïcode 日本 é'), '/srv/Ünïcode 日本 é')
})

t.test('names, messages and errors of the machine cannot speak to the terminal', async t => {
  const texts = [
    reportText(report(filesystem(HOSTILE), [problem]), { width: 100, color: false }),
    timelineText([{ ...problem, startMs: 0, endMs: null }], report({}), { width: 100, color: false }),
  ]
  for (const text of texts) {
    t.notMatch(text, /[^\P{Cc}\n]/u)
    t.notMatch(text, /\p{Bidi_Control}/u)
    t.notMatch(text, /^CRITICAL/m)
    t.match(text, '/data\\x1b]0;owned\\x07\\x9b2J\\x7f\\x0aCRITICAL\\u202e')
  }
})

t.test('a long mount point leaves the numbers their place', async t => {
  const text = reportText(report(filesystem(LONG)), { width: 100, color: false })
  t.match(text, /^…\S+0000\/mount {2,}1 TiB {2,}1 GiB {2,}93 %/m)
  t.ok(text.split('\n').every(line => line.length <= 100))
  const piped = reportText(report(filesystem(LONG)), { width: 100, tableWidth: Number.POSITIVE_INFINITY, color: false })
  t.match(piped, LONG)
})

t.test('a narrow terminal keeps a readable name and the first numbers', async t => {
  const rows = columns(
    [
      ['NAME', 'size', 'used'],
      [LONG, '1 TiB', '93 %'],
    ],
    30,
    'right',
  )
  t.ok(rows.every(row => row.length <= 30))
  t.match(rows[1], /^…0+\/mount +1 TiB/)
  t.equal(
    columns(
      [
        ['NAME', 'size'],
        [LONG, '1 TiB'],
      ],
      10,
      'right',
    )[1]!.length,
    10,
  )
})

t.test('rules without a width keep all columns, with one lose them from the right', async t => {
  const rows = ruleRows(activeRules(ruleCatalogue, new Map()))
  t.match(rulesText(rows, Number.POSITIVE_INFINITY), /^RULE .* RUNBOOK$/m)
  t.match(rulesText(rows, 80).split('\n')[0], /^RULE +SIGNAL/)
  t.notMatch(rulesText(rows, 80), /RUNBOOK/)
})
