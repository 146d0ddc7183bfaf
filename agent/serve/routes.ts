import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import { parseDuration } from '../config/units.ts'
import { signalCatalogue } from '../derive/catalogue.ts'
import { HISTORY_MS, type History, type HistorySlice, MAX_POINTS } from '../history.ts'
import { isoTime, type Report } from '../report.ts'
import { reportText } from '../text.ts'
import { preferredType } from './accept.ts'
import type { Health } from './health.ts'
import { type Metrics, OPEN_METRICS, PROMETHEUS } from './metrics.ts'
import { HttpError, PROBLEM_JSON } from './problem-json.ts'
import {
  conditionsSchema,
  historyQuerySchema,
  historySchema,
  problemJsonSchema,
  problemsSchema,
  reportSchema,
  signalsSchema,
} from './schemas.ts'
import type { ReportSource } from './source.ts'

/** What the routes show. */
export interface Views {
  readonly source: ReportSource
  readonly health: Health
  readonly history: History
  readonly metrics: Metrics
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers everybody, without credentials and at any rate. */
    open?: true
  }
}

const TEXT = 'text/plain; charset=utf-8'
/** Lines of the text report; nobody's terminal is known here. */
const TEXT_WIDTH = 100

const failure = { description: 'Error', content: { [PROBLEM_JSON]: { schema: problemJsonSchema } } }

/** Description of a route with one kind of answer and the errors that all share. */
function describe(summary: string, description: string, content: Readonly<Record<string, unknown>>): FastifySchema {
  const answer = Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]))
  return { summary, response: { 200: { description, content: answer }, default: failure } } as FastifySchema
}

const plain = { type: 'string' } as const
const json = (schema: unknown) => ({ 'application/json': schema })

export function addRoutes(app: FastifyInstance, views: Views): void {
  addReportRoutes(app, views)
  addHistoryRoute(app, views)
  addMetricsRoute(app, views)
  addProbes(app, views)
}

function addReportRoutes(app: FastifyInstance, { source }: Views): void {
  const last = (): Report => {
    if (source.latest === null)
      throw new HttpError('unavailable', 'There is no report yet: the first cycle is under way.', {
        'retry-after': '1',
      })
    return source.latest
  }
  const status = describe('The whole report', 'The report of the last cycle', {
    'application/json': reportSchema,
    'text/plain': plain,
  })
  app.get('/status', { schema: status }, (request, reply) => {
    const report = last()
    reply.header('vary', 'accept')
    if (preferredType(request.headers.accept, ['application/json', 'text/plain']) === 'application/json')
      return reply.send(report)
    return reply.type(TEXT).send(`${reportText(report, { width: TEXT_WIDTH, color: false })}\n`)
  })
  app.get(
    '/problems',
    { schema: describe('Problems that hold', 'Worst first', json(problemsSchema)) },
    () => last().problems,
  )
  const conditions = describe('Node conditions', 'As node-problem-detector serves them', json(conditionsSchema))
  app.get('/conditions', { schema: conditions }, () =>
    last().conditions.map(condition => ({ ...condition, transition: condition.lastTransitionTime })),
  )
  app.get(
    '/signals',
    { schema: describe('Signals', 'Values by name of the signal', json(signalsSchema)) },
    () => last().signals,
  )
}

interface HistoryParameters {
  readonly signal?: string
  readonly subject?: string
  readonly since?: string
  readonly duration?: string
}

function addHistoryRoute(app: FastifyInstance, { history }: Views): void {
  const schema = {
    ...describe('Signals of the last 30 minutes', 'One list of points a series', json(historySchema)),
    querystring: historyQuerySchema,
  }
  app.get('/history', { schema }, (request: FastifyRequest<{ Querystring: HistoryParameters }>) => {
    const { signal, subject } = request.query
    if (signal !== undefined && !Object.hasOwn(signalCatalogue, signal))
      throw new HttpError('badRequest', `There is no signal ${JSON.stringify(signal)}; /signals names them.`)
    const slice = history.query({ signal, subject, sinceMs: sinceOf(request.query) })
    if (slice.series.length * slice.timesMs.length > MAX_POINTS)
      throw new HttpError('badRequest', 'That is too much for one answer: name a signal, a subject or a shorter time.')
    return historyBody(slice)
  })
}

function sinceOf({ since, duration }: HistoryParameters): number {
  if (since !== undefined && duration !== undefined)
    throw new HttpError('badRequest', 'Give either since or duration, not both.')
  if (since !== undefined) {
    const ms = Date.parse(since)
    if (Number.isNaN(ms)) throw new HttpError('badRequest', 'since must be a time such as 2026-11-22T03:00:00Z.')
    return ms
  }
  const ms = duration === undefined ? HISTORY_MS : parseDuration(duration)
  if (ms === undefined) throw new HttpError('badRequest', 'duration must be one such as 90s or 5m.')
  return Date.now() - ms
}

function historyBody({ timesMs, series }: HistorySlice) {
  const times = timesMs.map(isoTime)
  return {
    from: times[0] ?? null,
    to: times.at(-1) ?? null,
    series: series.map(({ signal, subject, values }) => ({
      signal,
      unit: signalCatalogue[signal as keyof typeof signalCatalogue].unit,
      subject,
      points: times.flatMap((time, index) => {
        const value = values[index]!
        return Number.isNaN(value) ? [] : [{ time, value }]
      }),
    })),
  }
}

function addMetricsRoute(app: FastifyInstance, { metrics }: Views): void {
  const schema = describe('Metrics', 'Prometheus text or OpenMetrics', {
    'text/plain': plain,
    'application/openmetrics-text': plain,
  })
  app.get('/metrics', { schema }, async (request, reply) => {
    const type = preferredType(request.headers.accept, ['text/plain', 'application/openmetrics-text'])
    const contentType = type === 'text/plain' ? PROMETHEUS : OPEN_METRICS
    return reply
      .header('vary', 'accept')
      .type(contentType)
      .send(await metrics.scrape(contentType))
  })
}

/** Open to everybody: the kubelet's probes carry no credentials. They say nothing but whether the agent works. */
function addProbes(app: FastifyInstance, { health }: Views): void {
  const probe = (path: string, summary: string, trouble: () => string | null) => {
    const schema = describe(summary, 'It is so', { 'text/plain': plain })
    app.get(path, { schema, config: { open: true } }, (_, reply) => {
      const why = trouble()
      if (why !== null) throw new HttpError('unavailable', why)
      return reply.type(TEXT).send('ok\n')
    })
  }
  probe('/livez', 'Whether the loop turns', () => health.notAlive())
  probe('/healthz', 'Whether the loop turns', () => health.notAlive())
  probe('/readyz', 'Whether there is a report', () => health.notReady())
}
