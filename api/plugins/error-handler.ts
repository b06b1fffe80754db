import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { ERRORS, type ErrorCode, type Problem } from '../../openapi/index.ts'
import { ServiceError } from '../errors.ts'

/** Most fields that a problem lists. */
const MAX_FIELD_ERRORS = 20

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** What Fastify itself refuses, by its code. */
const FRAMEWORK_ERRORS: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'ERR_INVALID_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'ERR_INVALID_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'ERR_INVALID_JSON',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'ERR_UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_BODY_TOO_LARGE: 'ERR_BODY_TOO_LARGE',
  FST_ERR_VALIDATION: 'ERR_INVALID_REQUEST',
  FST_ERR_BAD_URL: 'ERR_NOT_FOUND',
  FST_ERR_NOT_FOUND: 'ERR_NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'ERR_NOT_FOUND'
}

/** Answers everything that is thrown as a problem document (RFC 9457). */
export function registerErrorHandler (app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ServiceError, request, reply) => {
    const known = toServiceError(error)
    logFailure(request, known)
    sendProblem(reply, known)
  })
  // Before the body is read: whether it is valid is of no interest where nothing would read it.
  app.addHook('preParsing', async (request, reply) => {
    if (request.is404) throw unknownRoute(app, request, reply)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(reply, unknownRoute(app, request, reply)))
}

/** The problem document of an error; `errors.ts` has nothing of the customer's text, and neither has this. */
export function toProblem (error: ServiceError): Problem {
  const { title, status } = ERRORS[error.code]
  return {
    type: `/errors#${error.code}`,
    title,
    status,
    code: error.code,
    ...(error.detail !== undefined && { detail: error.detail }),
    ...(error.errors && { errors: [...error.errors] })
  }
}

/** The registry's error for anything thrown; what is not foreseen becomes ERR_INTERNAL and keeps its cause for the log. */
export function toServiceError (error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  const { code = '', validation, validationContext = 'body', statusCode } = error as Partial<FastifyError>
  if (validation) {
    return new ServiceError('ERR_INVALID_REQUEST', { errors: describeValidation(validation, validationContext), cause: error })
  }
  const known = FRAMEWORK_ERRORS[code] ?? (statusCode === 400 ? 'ERR_INVALID_JSON' : undefined)
  return new ServiceError(known ?? 'ERR_INTERNAL', { cause: error })
}

/** Logs what the service itself is to blame for, with its cause. */
export function logFailure (request: FastifyRequest, error: ServiceError): void {
  if (error.statusCode === 500) request.log.error({ err: error.cause ?? error, code: error.code }, 'request failed')
}

/** Names each wrong field by JSON pointer. Values are left out: they may be a customer's words. */
export function describeValidation (validation: FastifySchemaValidationError[], context: string): Array<{ path: string, message: string }> {
  return validation.slice(0, MAX_FIELD_ERRORS).map(({ instancePath, keyword, params, message }) => {
    const field = params.additionalProperty ?? params.missingProperty
    const named = typeof field === 'string' && /^[A-Za-z_][\w-]{0,63}$/.test(field) && keyword !== 'required' ? `: ${field}` : ''
    return { path: `/${context}${instancePath}`, message: `${message ?? 'is invalid'}${named}` }
  })
}

function sendProblem (reply: FastifyReply, error: ServiceError): void {
  const { request } = reply
  request.record.code ??= error.code
  if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(error.retryAfterMs / 1e3)))
  if (error.code === 'ERR_UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer')
  reply.code(error.statusCode)
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send({ ...toProblem(error), instance: request.url.split('?', 1)[0], requestId: request.id })
}

function unknownRoute (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): ServiceError {
  const url = request.url.split('?', 1)[0]!
  const allowed = ['GET', 'HEAD', 'POST', 'OPTIONS'].filter(method => app.findRoute({ method, url }) !== null)
  // A wildcard route takes the method, yet has nothing at this path.
  if (allowed.length === 0 || allowed.includes(request.method)) return new ServiceError('ERR_NOT_FOUND')
  reply.header('allow', allowed.join(', '))
  return new ServiceError('ERR_METHOD_NOT_ALLOWED')
}
