import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import type { Logger } from 'pino'
import { ERRORS, type ErrorCode, type Problem } from '../../openapi/index.ts'
import type { AdapterConfig } from '../config.ts'
import type { AdapterMetrics } from '../metrics.ts'
import type { AdapterStatus, Membership } from './status.ts'

export interface HealthOptions {
  readonly status: AdapterStatus
  readonly metrics: AdapterMetrics
  readonly log: Logger
  readonly config: Pick<AdapterConfig, 'INQUIRY_TIMEOUT_MS' | 'COMMIT_INTERVAL_MS'>
}

const NOT_READY: Partial<Record<Membership, string>> = {
  joining: 'Not yet a member of the consumer group',
  rebalancing: 'The consumer group is being rebalanced',
  lost: 'No longer a member of the consumer group'
}

/** A record is committed soon after its decision, which is made by its deadline; so much later it is plain that this is not happening. */
const COMMIT_GRACE_MS = 10_000

/**
 * `GET /health/live`, `GET /health/ready` and `GET /metrics`. Ready means that inquiries are read and committed; whether
 * the API answers plays no part: without it every inquiry still gets its decision.
 */
export function buildHealthApp ({ status, metrics, log, config }: HealthOptions): FastifyInstance {
  const maxCommitAgeMs = config.INQUIRY_TIMEOUT_MS + config.COMMIT_INTERVAL_MS + COMMIT_GRACE_MS
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (_error, _request, reply) => { sendProblem(reply, 'ERR_NOT_FOUND') }, // of a path that cannot be decoded
    forceCloseConnections: true // scrapers keep theirs open, and the process waits for nobody at its end
  }) as unknown as FastifyInstance

  app.get('/health/live', async () => ({ status: 'ok' }))

  app.get('/health/ready', async (_request, reply) => {
    const { membership, assignedPartitions, commitAgeMs, inFlight, breaker } = status
    if (membership === 'draining') return sendProblem(reply, 'ERR_DRAINING')
    const reason = NOT_READY[membership] ?? (commitAgeMs > maxCommitAgeMs ? 'A partition is not read, or what is read is not committed' : undefined)
    if (reason !== undefined) return sendProblem(reply, 'ERR_NOT_READY', reason)
    return { status: 'ready', membership, assignedPartitions, commitAgeMs, inFlight, breaker }
  })

  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.registry.contentType)
    return await metrics.registry.metrics()
  })

  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'ERR_NOT_FOUND'))
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if ((error.statusCode ?? 500) < 500) return sendProblem(reply, 'ERR_INVALID_REQUEST')
    request.log.error({ err: error }, 'request failed')
    return sendProblem(reply, 'ERR_INTERNAL')
  })
  return app
}

function sendProblem (reply: FastifyReply, code: ErrorCode, detail?: string): FastifyReply {
  const { status, title } = ERRORS[code]
  const problem: Problem = {
    type: `/errors#${code}`,
    title,
    status,
    code,
    ...(detail !== undefined && { detail }),
    instance: reply.request.url.split('?', 1)[0]!,
    requestId: reply.request.id
  }
  return reply.code(status).type('application/problem+json; charset=utf-8').serializer(JSON.stringify).send(problem)
}
