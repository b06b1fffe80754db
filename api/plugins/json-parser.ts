import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { ServiceError } from '../errors.ts'

/**
 * Reads JSON in UTF-8 and nothing else: text in another encoding would lose its umlauts unnoticed, and Fastify's
 * parser of `text/plain` would let a body of that type in. Keys like `__proto__` come through as plain fields, which
 * validation refuses as unknown: in a batch only the item that has one.
 */
export function registerJsonParser (app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('ignore', 'ignore')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isUtf8(body)) parse(request, body.toString('utf8'), done)
    else done(new ServiceError('ERR_INVALID_JSON', { detail: 'The body is not encoded in UTF-8' }))
  })
}
