import { NUMBER_HEADER, type SentRecord } from './sent-record.ts'
import type { ResultsReader } from './results-reader.ts'
import { type TopicRecord, headerOf } from './topic-record.ts'

/** The inquiry topic as it is: what the adapter could read. */
export interface InquiryLog {
  /** What was sent, with the timestamps of the log. */
  readonly sent: SentRecord[]
  /** Headers of a record that may become a dead letter, by number. */
  readonly headers: ReadonlyMap<number, TopicRecord['headers']>
  /** Records that are there more than once, which would be the driver's fault. */
  readonly repeated: number
  /** Records that Kafka acknowledged and does not have. */
  readonly lost: number
}

/** Reads the inquiry topic back. */
export async function readInquiryLog ({ reader, topic, sent }: { reader: ResultsReader, topic: string, sent: readonly SentRecord[] }): Promise<InquiryLog> {
  const timestamps = new Map<number, number>()
  const headers = new Map<number, TopicRecord['headers']>()
  let repeated = 0
  await reader.readAll(topic, record => {
    const number = numberOf(record)
    if (timestamps.has(number)) repeated++
    timestamps.set(number, record.timestamp)
    // The number itself is among several headers only of poison.
    if (record.headers.length > 1) headers.set(number, record.headers)
  })
  return {
    sent: sent.map(record => stampedAt(record, timestamps.get(record.number) ?? record.sentAt)),
    headers,
    repeated,
    lost: sent.filter(({ number }) => !timestamps.has(number)).length
  }
}

/** What kcat sent bears no header; its id ends with the number. */
function numberOf (record: TopicRecord): number {
  const header = headerOf(record, NUMBER_HEADER)
  return Number(header ?? record.key?.toString().split('-').at(-1))
}

function stampedAt (record: SentRecord, timestamp: number): SentRecord {
  return timestamp === record.sentAt ? record : { ...record, sentAt: timestamp, deadline: record.deadline + timestamp - record.sentAt }
}
