import { DEAD_LETTER_CODES } from '../openapi/index.ts'
import { fingerprintOf } from './driver.ts'
import { NUMBER_HEADER } from './sent-record.ts'
import { type TopicRecord, headerOf } from './topic-record.ts'

/** What the verdict needs of a record in the dead-letter topic. */
export interface DeadLetter {
  /** Number of the record that it came from; NaN where its headers do not say. */
  readonly number: number
  /** Of its key and value. */
  readonly fingerprint: string
  /** What is wrong with its headers; empty where nothing is. */
  readonly faults: readonly string[]
}

const CODES: ReadonlySet<string | undefined> = new Set(DEAD_LETTER_CODES)

/** @param original headers of the record with that number, as it was sent */
export function readDeadLetter (record: TopicRecord, original: (number: number) => ReadonlyArray<readonly [string, Buffer]>): DeadLetter {
  const number = Number(headerOf(record, NUMBER_HEADER) ?? NaN)
  const header = (name: string) => headerOf(record, name)
  const faults = [
    ...(CODES.has(header('error-code')) ? [] : ['error-code']),
    ...(header('error-message') ? [] : ['error-message']),
    ...(header('source-topic') ? [] : ['source-topic']),
    ...['source-partition', 'source-offset'].filter(name => !/^[0-9]+$/.test(header(name) ?? '')),
    ...original(number).filter(([name, value]) => !record.headers.some(([other, bytes]) => other === name && bytes.equals(value))).map(([name]) => name)
  ]
  return { number, fingerprint: fingerprintOf(record.key, record.value), faults }
}
