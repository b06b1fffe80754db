import { finished } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Metrics } from '../metrics.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What is added to the request's one log line. */
    record: Record<string, unknown>
  }
}

/** Status under which a request is counted whose client left before the answer, as nginx does; nobody is sent it. */
const CLIENT_LEFT = 499

/** One log line and one observation a request. Health checks and scrapes are counted, yet logged only at debug. */
export function registerRequestRecord (app: FastifyInstance, metrics: Metrics): void {
  app.decorateRequest('record', null as unknown as Record<string, unknown>)
  app.addHook('onRequest', async (request, reply) => {
    request.record = {}
    finished(reply.raw, error => write(request, reply, error ? CLIENT_LEFT : reply.statusCode))
  })

  function write (request: FastifyRequest, reply: FastifyReply, status: number): void {
    const route = request.routeOptions.url ?? 'unmatched'
    const line = { route, method: request.method, status, ms: Math.round(reply.elapsedTime * 100) / 100, ...request.record }
    metrics.request(route, request.method, line.status, reply.elapsedTime / 1e3)
    const level = route.startsWith('/health') || route === '/metrics' ? 'debug' : 'info'
    request.log[level](line, 'request')
  }
}
