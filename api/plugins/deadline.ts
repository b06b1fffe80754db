import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ServiceError } from '../errors.ts'
import type { CallOptions } from '../inference/classifier.ts'
import { monotonicMs } from '../inference/clock.ts'

/** The header by which a caller says how long it waits. */
export const DeadlineHeadersSchema = Type.Object({
  'x-request-timeout-ms': Type.Optional(Type.String({
    pattern: '^[1-9][0-9]{0,8}$',
    description: 'How long the caller waits, in milliseconds, at most `MAX_REQUEST_TIMEOUT_MS`. It covers queue, tokenizer and model.',
    examples: ['2000']
  }))
})

/**
 * The deadline of a request, counted from when its headers arrived, and a signal that aborts when its client leaves.
 * A caller that asks for more than the maximum gets the maximum.
 */
export function callOptions (request: FastifyRequest, reply: FastifyReply, maxTimeoutMs: number): CallOptions {
  const asked = Number(request.headers['x-request-timeout-ms'] ?? maxTimeoutMs)
  const controller = new AbortController()
  reply.raw.once('close', () => { if (!reply.raw.writableFinished) controller.abort() })
  if (request.raw.socket.destroyed) throw new ServiceError('ERR_DEADLINE_EXCEEDED')
  return { deadlineAt: monotonicMs() - reply.elapsedTime + Math.min(asked, maxTimeoutMs), signal: controller.signal }
}
