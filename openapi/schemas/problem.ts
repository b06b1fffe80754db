import Type, { type Static } from 'typebox'
import { ERROR_CODES } from '../errors.ts'
import { named } from '../ref.ts'

/** An error as RFC 9457 describes it. Nothing of the customer's text ever appears in one. */
export const ProblemSchema = named('Problem', Type.Object({
  type: Type.String({ description: 'Identifies the kind of problem; the path is served by this service and explains the code.', examples: ['/errors#ERR_INVALID_REQUEST'] }),
  title: Type.String({ description: 'What went wrong, the same text for every problem of this code.' }),
  status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
  code: Type.Enum(ERROR_CODES, { description: 'Stable code to switch on.' }),
  detail: Type.Optional(Type.String({ description: 'What went wrong this time.' })),
  instance: Type.Optional(Type.String({ description: 'The path that was asked for.' })),
  requestId: Type.Optional(Type.String({ description: 'The request\'s id, as in the log and in `x-request-id`.' })),
  id: Type.Optional(Type.String({ description: 'In a batch: the id of the inquiry that failed.' })),
  errors: Type.Optional(Type.Array(Type.Object({
    path: Type.String({ description: 'JSON pointer to the field.' }),
    message: Type.String()
  }), { description: 'Each field that does not match the contract.' }))
}, { description: 'An error (RFC 9457, `application/problem+json`).' }))

export type Problem = Static<typeof ProblemSchema>
