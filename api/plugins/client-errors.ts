import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { ErrorCode } from '../../openapi/index.ts'
import { ServiceError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { unansweredRequest } from './connections.ts'
import { PROBLEM_TYPE, toProblem } from './error-handler.ts'

/** How long a refused client may take to read its answer; then its connection is cut, whether it goes on sending or not. */
const LINGER_MS = 1_000

const CODES: Record<string, ErrorCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'ERR_REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'ERR_HEADERS_TOO_LARGE'
}

/**
 * Answers what the HTTP parser refuses, before there is a whole request: what is malformed, too large or too slow.
 * Written to the socket by hand, as there is no reply object.
 */
export function answerClientError (error: NodeJS.ErrnoException, socket: Socket, { log, metrics }: { log: FastifyBaseLogger, metrics: Metrics }): void {
  if (error.code === 'ECONNRESET' || !socket.writable) { socket.destroy(); return }
  const problem = toProblem(new ServiceError(CODES[error.code ?? ''] ?? 'ERR_INVALID_REQUEST'))
  const { status, code } = problem
  const request = unansweredRequest(socket)
  const requestId = request?.id ?? randomUUID()
  if (request) {
    Object.assign(request.record, { status, code })
  } else {
    metrics.request('unmatched', 'unknown', status, 0)
    log.info({ requestId, route: 'unmatched', status, code }, 'request')
  }
  const body = JSON.stringify({ ...problem, requestId })
  socket.end([
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
    '',
    body
  ].join('\r\n'))
  const cut = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(cut))
}
