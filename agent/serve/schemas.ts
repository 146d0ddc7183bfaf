import Type, { type TSchema } from 'typebox'

/** Shapes of requests and answers: what /openapi.json is made of. Reports grow; so no object is closed. */

const time = (description: string) => Type.String({ format: 'date-time', description })
const text = (description: string) => Type.String({ description })
const number = (description: string) => Type.Number({ description })
const oneOf = (values: readonly string[], description: string) => Type.Enum([...values], { description })
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()])

const subject = Type.Object({
  kind: text('Node, Disk, Filesystem, Interface and so on'),
  name: text("The kernel's name, mount point, container id …"),
  displayName: Type.Optional(text('The name that people use')),
  role: oneOf(['node', 'volume'], 'Speaks for the node, or for one pod’s volume'),
})

const culprit = Type.Object({
  kind: oneOf(['Container', 'Process', 'Pod', 'Unit', 'Device', 'Interface'], 'What it is'),
  namespace: Type.Optional(Type.String()),
  pod: Type.Optional(Type.String()),
  container: Type.Optional(Type.String()),
  containerId: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  share: Type.Optional(number('Part of the whole, 0 to 1')),
  evidence: Type.Optional(Type.Record(Type.String(), Type.Number())),
})

const problem = Type.Object({
  id: text('Rule and subject; unique in a report'),
  condition: orNull(text('Type of the node condition; null for findings and events')),
  reason: Type.String(),
  severity: oneOf(['info', 'warning', 'critical'], 'How bad it is'),
  subject,
  since: time('When it began'),
  message: text('One sentence for a person'),
  evidence: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  culprits: Type.Array(culprit),
  causedBy: Type.Array(Type.String(), { description: 'Ids of other problems in this report' }),
  remedy: text('What to do next'),
  runbook: Type.String(),
})

const status = oneOf(['True', 'False', 'Unknown'], 'True means a problem')

const condition = Type.Object({
  type: Type.String(),
  status,
  reason: Type.String(),
  message: Type.String(),
  lastTransitionTime: time('When the status changed'),
  lastHeartbeatTime: time('When it was last judged'),
})

/** As node-problem-detector serves it; the times of the report come on top. */
const npdCondition = Type.Object({
  ...condition.properties,
  transition: time('When the status changed, by the name that node-problem-detector gives it'),
})

const signals = Type.Record(Type.String(), Type.Array(Type.Object({ subject: Type.String(), value: Type.Number() })), {
  description: 'By name of the signal; docs/signals.md',
})

const collector = Type.Object({
  status: oneOf(['ok', 'absent', 'failed', 'stuck', 'disabled'], 'What came of the last reading'),
  durationMs: Type.Number(),
  ageMs: Type.Number(),
  error: orNull(Type.String()),
})

const agent = Type.Object({
  version: Type.String(),
  uptimeSeconds: Type.Number(),
  cycle: Type.Object({
    count: Type.Integer(),
    durationMs: Type.Optional(Type.Number()),
    cpuMs: Type.Optional(Type.Number()),
    intervalMs: Type.Number(),
    gaps: number('Cycles that came more than three intervals late'),
    lastGapMs: Type.Number(),
  }),
  rssBytes: Type.Optional(Type.Number()),
})

export const reportSchema = Type.Object(
  {
    apiVersion: Type.Literal('node-agent/v1'),
    node: Type.String(),
    time: time('When its sample was taken'),
    verdict: oneOf(['Healthy', 'Degraded', 'Unhealthy', 'Unknown'], 'The node in one word'),
    problems: Type.Array(problem, { description: 'Worst first' }),
    conditions: Type.Array(condition),
    signals,
    collectors: Type.Record(Type.String(), collector),
    publishing: Type.Object({
      enabled: Type.Boolean(),
      detail: text('`published`, or what stands in the way'),
      lastWriteTime: Type.Optional(time("When the Node's conditions were last written")),
    }),
    inventory: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
    agent,
  },
  { description: 'The report of one cycle; docs/status.md' },
)
export const problemsSchema = Type.Array(problem)
export const conditionsSchema = Type.Array(npdCondition)
export const signalsSchema = signals

export const historyQuerySchema = Type.Object(
  {
    signal: Type.Optional(Type.String({ description: 'Name of a signal; all where not given', maxLength: 200 })),
    subject: Type.Optional(Type.String({ description: 'Subject; all where not given', maxLength: 4096 })),
    since: Type.Optional(Type.String({ description: 'RFC 3339 time; not before then', maxLength: 40 })),
    duration: Type.Optional(
      Type.String({ description: 'Instead of `since`: how far back from now, such as `5m`', maxLength: 20 }),
    ),
  },
  { additionalProperties: false },
)
export const historySchema = Type.Object({
  from: orNull(time('First point in time; null where there is none')),
  to: orNull(time('Last point in time')),
  series: Type.Array(
    Type.Object({
      signal: Type.String(),
      unit: Type.String(),
      subject: Type.String(),
      points: Type.Array(Type.Object({ time: time('When it was measured'), value: Type.Number() })),
    }),
  ),
})

export const problemJsonSchema = Type.Object(
  {
    type: Type.String(),
    status: Type.Integer(),
    title: Type.String(),
    detail: text('What is wrong, for a person'),
  },
  { description: 'RFC 9457' },
)
