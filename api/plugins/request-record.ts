import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the route adds to the request's one log line. */
    record: Record<string, unknown>
  }
}

/** One log line and one observation a request. Health checks and scrapes are counted, yet logged only at debug. */
export function registerRequestRecord (app: FastifyInstance, metrics: Metrics): void {
  app.decorateRequest('record', null as unknown as Record<string, unknown>)
  app.addHook('onRequest', async request => { request.record = {} })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched'
    metrics.request(route, request.method, reply.statusCode, reply.elapsedTime / 1e3)
    const line = { route, method: request.method, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 100) / 100, ...request.record }
    const level = route.startsWith('/health') || route === '/metrics' ? 'debug' : 'info'
    request.log[level](line, 'request')
  })
}
