import type { KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { detached } from '../decide/in-flight.ts'
import { type Reading, deadlineOf, idOf, readInquiry } from './inquiry-record.ts'

export interface ReadRecordOptions {
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly log: Logger
}

/** A record that was read, with a copy of it to keep. */
export interface ReadRecord {
  readonly reading: Reading
  readonly record: KafkaMessage
  readonly sentAt: number
  readonly deadline: number
}

/**
 * Reads a record and never throws: at an error kafkajs would end the consumer for good, and the next process would read
 * the same record. One that we fail at becomes a dead letter, without its headers.
 */
export function readRecord (message: KafkaMessage, { maxBytes, timeoutMs, log }: ReadRecordOptions): ReadRecord {
  const now = Date.now()
  try {
    return { reading: readInquiry(message, maxBytes), record: detached(message), ...deadlineOf(message, timeoutMs, now) }
  } catch (err) {
    const { name, stack = '' } = Object(err) as Partial<Error>
    // Without its message, in which there might be something of the record.
    log.error({ offset: message.offset, error: name, at: stack.split('\n').filter(line => /^\s+at /.test(line)) }, 'reading a record failed; it becomes a dead letter')
    const { key, value, timestamp, attributes, offset } = message
    const reading: Reading = { id: idOf(key), poison: { code: 'ERR_UNEXPECTED', message: `the adapter failed with ${name}` } }
    return { reading, record: detached({ key, value, timestamp, attributes, offset, headers: {} }), ...deadlineOf({ timestamp, headers: {} }, timeoutMs, now) }
  }
}
