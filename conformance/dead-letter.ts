import { DEAD_LETTER_CODES } from '../openapi/index.ts'
import { NUMBER_HEADER, type SentRecord, fingerprintOf } from './sent-record.ts'
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

export interface DeadLetterCounts {
  readonly expected: number
  /** With the original bytes and headers. */
  readonly found: number
  /** There, but altered. */
  readonly damaged: number
  /** Of records that are no poison. */
  readonly unexpected: number
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

/** Compares poison with dead letters. Returns also the numbers of all records that became one. */
export function judgeDeadLetters (sent: readonly SentRecord[], deadLetters: readonly DeadLetter[]): { counts: DeadLetterCounts, numbers: Set<number> } {
  const byNumber = new Map(sent.map(record => [record.number, record]))
  const isIntact = ({ number, fingerprint, faults }: DeadLetter) => faults.length === 0 && byNumber.get(number)?.fingerprint === fingerprint
  const numbers = new Set(deadLetters.map(({ number }) => number))
  const intact = new Set(deadLetters.filter(isIntact).map(({ number }) => number))
  const poison = sent.filter(({ outcome }) => outcome === 'invalid')
  const counts = {
    expected: poison.length,
    found: poison.filter(({ number }) => intact.has(number)).length,
    damaged: [...numbers].filter(number => (byNumber.get(number)?.outcome ?? 'decision') !== 'decision' && !intact.has(number)).length,
    unexpected: [...numbers].filter(number => (byNumber.get(number)?.outcome ?? 'decision') === 'decision').length
  }
  return { counts, numbers }
}
