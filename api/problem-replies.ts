import Type, { type TSchema } from 'typebox'
import { ERRORS, ERROR_CODES, ProblemSchema, ref } from '../openapi/index.ts'

type ErrorStatus = typeof ERRORS[keyof typeof ERRORS]['status']

const retryAfter = Type.Integer({ minimum: 1, description: 'Seconds after which to try again.' })

/** Headers that come with an error of a status. */
const HEADERS: Partial<Record<ErrorStatus, Record<string, TSchema>>> = {
  401: { 'www-authenticate': Type.String({ description: 'Always `Bearer`.' }) },
  429: { 'retry-after': retryAfter },
  503: { 'retry-after': retryAfter }
}

/** The error replies of a route, as its schema documents them: which codes come with each status. */
export function problemReplies (...statuses: ErrorStatus[]): Record<number, object> {
  return Object.fromEntries(statuses.map(status => {
    const codes = ERROR_CODES.filter(code => ERRORS[code].status === status)
    return [status, {
      description: codes.map(code => `\`${code}\`: ${ERRORS[code].title}.`).join(' '),
      content: { 'application/problem+json': { schema: ref(ProblemSchema) } },
      ...(HEADERS[status] && { headers: HEADERS[status] })
    }]
  }))
}
