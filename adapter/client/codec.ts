import Type from 'typebox'
import { Compile } from 'typebox/schema'
import { AlternativeSchema, DecisionMessageSchema, type DecisionMessage, InquiryMessageSchema, ModelReferenceSchema } from '../../openapi/index.ts'
import { InquiryClientError } from './errors.ts'
import type { Codec } from './types.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The contract's own form: JSON in UTF-8. */
export const jsonCodec: Codec = {
  encodeInquiry: inquiry => Buffer.from(JSON.stringify(inquiry)),
  decodeDecision: value => {
    try {
      return JSON.parse(decoder.decode(value)) as DecisionMessage
    } catch {
      throw new Error('not JSON in UTF-8') // the parser's own message quotes the value
    }
  }
}

const inquiries = Compile(InquiryMessageSchema)

// The references of the contract written out, as the validator looks for them in one document only.
const decisions = Compile(Type.Object({
  ...DecisionMessageSchema.properties,
  alternatives: Type.Array(AlternativeSchema),
  model: Type.Union([ModelReferenceSchema, Type.Null()])
}))

/** @throws ERR_INVALID_INQUIRY with the fields */
export function checkInquiry (inquiry: unknown): void {
  if (inquiries.Check(inquiry)) return
  const [, errors] = inquiries.Errors(inquiry)
  const fields = errors.map(({ instancePath, message }) => ({ path: instancePath, message }))
  throw new InquiryClientError('ERR_INVALID_INQUIRY', { fields, detail: fields.map(({ path, message }) => `${path || '/'} ${message}`).join('; ') })
}

/** Whether a decoded value is a decision; a classified one has a category. */
export function isDecision (value: unknown): value is DecisionMessage {
  return decisions.Check(value) && (value.decision === 'manual' || value.category !== null)
}
