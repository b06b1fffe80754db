import { createHash } from 'node:crypto'
import type { IHeaders } from 'kafkajs'

/** Header that every record of the driver bears: its number, by which it is found again. */
export const NUMBER_HEADER = 'conformance-number'

/** A record as it goes to the inquiry topic. */
export interface OutgoingRecord {
  readonly key: string | Buffer | null
  readonly value: string | Buffer | null
  readonly headers: IHeaders
  /** What must come of it. */
  readonly expected: Expectation
}

export interface Expectation {
  /** Id that the decision bears; undefined where none can be read, so that there is no decision. */
  readonly id: string | undefined
  /**
   * `decision`: any that is in time; `invalid`: manual with that reason, and a dead letter with the original bytes;
   * `either`: the contract leaves open whether it is poison.
   */
  readonly outcome: 'decision' | 'invalid' | 'either'
  /** What the API answers, where that is known: category, or null for manual. */
  readonly category?: string | null
  /** What is odd about it, for messages. */
  readonly kind: string
}

/** A record that the driver sent. All times are epoch milliseconds. */
export interface SentRecord extends Expectation {
  readonly number: number
  readonly key: string | null
  /** Its timestamp, from which the deadline counts. */
  readonly sentAt: number
  readonly deadline: number
  /** When Kafka acknowledged it: nobody could read it much earlier. */
  readonly availableAt: number
  /** SHA-256 over key and value, only of what may become a dead letter. */
  readonly fingerprint?: string
}

/** By the contract: the record's timestamp plus the timeout, or the header when it is earlier and can be read. */
export function deadlineOf (sentAt: number, timeoutMs: number, header: string | undefined): number {
  const deadline = sentAt + timeoutMs
  return header !== undefined && /^[0-9]{1,16}$/.test(header) ? Math.min(deadline, Number(header)) : deadline
}

/** Tells key and value apart from others, and an empty one from none. */
export function fingerprintOf (key: string | Buffer | null, value: string | Buffer | null): string {
  const hash = createHash('sha256')
  for (const part of [key, value]) {
    const bytes = part === null ? null : Buffer.from(part)
    hash.update(`${bytes?.length ?? 'null'}:`).update(bytes ?? '')
  }
  return hash.digest('hex')
}

/** Partition of a key: always the same. */
export function partitionOf (key: string | Buffer, partitions: number): number {
  return createHash('md5').update(key).digest().readUInt32BE() % partitions
}
