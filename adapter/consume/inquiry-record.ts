import type { KafkaMessage } from 'kafkajs'
import { Compile } from 'typebox/schema'
import { UNREADABLE_BATCH_HEADER } from '../kafka/compression/unreadable-batch.ts'
import { type DeadLetterCode, INQUIRY_ID, type Inquiry, InquiryMessageSchema, type InquiryMessage } from '../../openapi/index.ts'

/** What a record of the inquiry topic turned out to be. */
export type Reading =
  | { readonly id: string, readonly inquiry: Inquiry }
  | { readonly id: string | undefined, readonly poison: Poison }

/** Why a record cannot be read. */
export interface Poison {
  readonly code: DeadLetterCode
  /** Where it went wrong; nothing of what the customer wrote. */
  readonly message: string
}

const validator = Compile(InquiryMessageSchema)
const decoder = new TextDecoder('utf-8', { fatal: true })
const idPattern = new RegExp(INQUIRY_ID.pattern)
const MOST_ERRORS = 5

/**
 * Reads a record's value as an inquiry. Of an unreadable one the id is kept where there is one: the value's `id`, or
 * else the record's key, which is the inquiry's id by contract.
 */
export function readInquiry ({ key, value, headers }: Pick<KafkaMessage, 'key' | 'value' | 'headers'>, maxBytes: number): Reading {
  const idOfKey = () => idOf(key)
  const unreadable = headerText(headers, UNREADABLE_BATCH_HEADER)
  if (unreadable !== undefined) return { id: undefined, poison: { code: 'ERR_UNREADABLE_BATCH', message: unreadable } }
  if (!value?.length) return { id: idOfKey(), poison: { code: 'ERR_EMPTY_RECORD', message: value ? 'the value is empty' : 'the record is a tombstone' } }
  const bytes = value.length + (key?.length ?? 0) // the decision has the same key, and must not become larger than brokers take
  if (bytes > maxBytes) return { id: idOfKey(), poison: { code: 'ERR_RECORD_TOO_LARGE', message: `key and value have ${bytes} bytes, more than ${maxBytes}` } }

  let message: unknown
  try {
    message = JSON.parse(decoder.decode(value))
  } catch {
    return { id: idOfKey(), poison: { code: 'ERR_INVALID_JSON', message: 'the value is not JSON in UTF-8' } }
  }
  if (!validator.Check(message)) {
    const id = validId((message as { id?: unknown } | null)?.id) ?? idOfKey()
    return { id, poison: { code: 'ERR_INVALID_INQUIRY', message: describeErrors(message) } }
  }
  const { id, text, subject, locale } = message as InquiryMessage
  return { id, inquiry: { id, text, ...(subject !== undefined && { subject }), ...(locale !== undefined && { locale }) } }
}

/**
 * By when a record must be decided, in epoch milliseconds: its timestamp plus the timeout, or the header `deadline`
 * when that is earlier. A timestamp ahead of this machine's clock counts as now: no inquiry was sent after it came.
 */
export function deadlineOf ({ timestamp, headers }: Pick<KafkaMessage, 'timestamp' | 'headers'>, timeoutMs: number, now: number): { sentAt: number, deadline: number } {
  const stamped = Number(timestamp)
  const sentAt = stamped > 0 ? Math.min(stamped, now) : now
  const asked = headerText(headers, 'deadline')
  const deadline = sentAt + timeoutMs
  return { sentAt, deadline: asked !== undefined && /^[0-9]{1,16}$/.test(asked) ? Math.min(deadline, Number(asked)) : deadline }
}

/** A header's text; of a repeated one the first, undefined where there is none or it has no value. */
export function headerText (headers: KafkaMessage['headers'], name: string): string | undefined {
  const value = headers?.[name]
  const first = Array.isArray(value) ? value[0] : value
  return first?.toString()
}

/** The id that a record's key is by contract; undefined where it is none. */
export function idOf (key: KafkaMessage['key']): string | undefined {
  return validId(key?.toString())
}

function validId (id: unknown): string | undefined {
  return typeof id === 'string' && id.length >= INQUIRY_ID.minLength && id.length <= INQUIRY_ID.maxLength && idPattern.test(id) ? id : undefined
}

function describeErrors (message: unknown): string {
  const [, errors] = validator.Errors(message)
  return errors.slice(0, MOST_ERRORS).map(error => `${error.instancePath || '/'} ${error.message}`).join('; ')
}
