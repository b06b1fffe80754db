import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/

/** The caller's request id where it is safe to log and send back, else a new one. */
export function requestId (request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
}

/** The trace a request belongs to (W3C Trace Context), for every log line about it. */
export function traceContext (traceparent: string | string[] | undefined): { traceId: string, parentSpanId: string } | undefined {
  const [, traceId, parentSpanId] = TRACEPARENT.exec(typeof traceparent === 'string' ? traceparent : '') ?? []
  if (!traceId || !parentSpanId || /^0+$/.test(traceId) || /^0+$/.test(parentSpanId)) return undefined
  return { traceId, parentSpanId }
}

/** Sends the request id back and puts the trace into the request's log lines. */
export function registerRequestContext (app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    const trace = traceContext(request.headers.traceparent)
    if (!trace) return
    request.log = reply.log = request.log.child(trace)
  })
}
