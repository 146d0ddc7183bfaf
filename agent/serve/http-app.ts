import type { TLSSocket } from 'node:tls'
import swagger from '@fastify/swagger'
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Logger } from 'pino'
import { version } from '../version.ts'
import type { Admission } from './auth.ts'
import { RateLimit } from './limits.ts'
import { HttpError, kindOf, PROBLEM_JSON, problemJson } from './problem-json.ts'
import { addRoutes, type Views } from './routes.ts'

const METHODS = ['GET', 'HEAD']

/** Everything of HTTP but the sockets: routes, who is admitted, errors. */
export async function buildApp(views: Views, admission: Admission, log: Logger): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    frameworkErrors: (error, _, reply) => fail(reply, error, log),
    // A parameter that we do not know is a mistake, and not to be dropped in silence.
    ajv: { customOptions: { removeAdditional: false } },
  })
  app.setErrorHandler<FastifyError | HttpError>((error, _, reply) => fail(reply, error, log))
  app.setNotFoundHandler(() => {
    throw new HttpError('notFound', 'There is nothing here; /openapi.json lists what there is.')
  })
  // The schemas describe the answers; they do not rewrite them.
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  app.addHook('onRequest', admit(admission))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'node-agent', version, description: 'Which problems hold on this node, and who causes them' },
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, mutualTLS: { type: 'mutualTLS' } as never },
      },
    },
  })
  addRoutes(app, views)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  await app.ready()
  return app
}

/** What every request has to pass, in order of cost. */
function admit(admission: Admission) {
  const rate = new RateLimit()
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    if (!METHODS.includes(request.method))
      throw new HttpError('methodNotAllowed', 'Everything here is read only: GET or HEAD.', {
        allow: METHODS.join(', '),
        connection: 'close',
      })
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    if (encoding !== undefined || (length !== undefined && Number(length) !== 0))
      throw new HttpError('bodyTooLarge', 'No request here has a body.', { connection: 'close' })
    if (request.routeOptions.config?.open) return
    if (!rate.admits(request.ip, performance.now()))
      throw new HttpError('tooManyRequests', 'Too many requests from this address.', { 'retry-after': '1' })
    const { authorization } = request.headers
    if (!admission.admits({ authorization, certified: (request.raw.socket as TLSSocket).authorized === true }))
      throw new HttpError('unauthorized', 'Show a bearer token or client certificate that the agent knows.', {
        'www-authenticate': 'Bearer realm="node-agent"',
      })
  }
}

/** Every error as problem+json. What is our own fault goes to the log, not to the caller. */
function fail(reply: FastifyReply, error: FastifyError | HttpError, log: Logger): FastifyReply {
  const kind = error instanceof HttpError ? error.kind : kindOf(error.statusCode)
  if (kind === 'internal') log.error({ err: error }, 'a request failed')
  const body = problemJson(kind, kind === 'internal' ? 'The agent failed; its log says how.' : error.message)
  if (error instanceof HttpError) reply.headers(error.headers)
  return reply.code(body.status).type(PROBLEM_JSON).send(body)
}
