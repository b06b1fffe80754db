import type { KafkaProgram } from './kafka-program.ts'
import { NUMBER_HEADER } from './sent-record.ts'
import { type TopicRecord, bytesOf } from './topic-record.ts'

/** What `kcat -J` prints, one object a line. */
interface Envelope {
  readonly partition: number
  readonly offset: number
  readonly tstype: 'create' | 'logappend' | 'unknown'
  readonly ts: number
  /** Names and values in turn. */
  readonly headers?: readonly string[]
  readonly key: string | null
  readonly payload: string | null
}

/** kcat, which is librdkafka. */
export function kcat (bootstrap: string): KafkaProgram {
  return {
    name: 'kcat',
    // -E: a broker that is away is no reason to end.
    consume: (topic, until) => ['kcat', '-C', '-b', bootstrap, '-t', topic, '-o', 'beginning', '-J', '-u', '-q', '-E', ...(until === 'end' ? ['-e'] : [])],
    delimiter: '\n',
    parse: parseEnvelope,
    // A header without `=` has no value.
    produceWithNullHeaders: (topic, number) => ({
      command: ['kcat', '-P', '-b', bootstrap, '-t', topic, '-K', '\t', '-q', '-X', 'acks=all', '-H', `${NUMBER_HEADER}=${number}`, '-H', 'x-none', '-H', 'x-several', '-H', 'x-several=one', '-H', 'x-several'],
      line: (key, value) => `${key}\t${value}\n`
    }),
    produce: (topic, codec) => ['kcat', '-P', '-b', bootstrap, '-t', topic, '-z', codec, '-K', '\t', '-q', '-X', 'acks=all', '-X', 'queue.buffering.max.ms=100']
  }
}

/** kcat escapes quotes, backslashes and control characters and leaves all other bytes as they are, also what is no UTF-8. */
export function parseEnvelope (line: string): TopicRecord {
  const { partition, offset, tstype, ts, headers = [], key, payload } = JSON.parse(line) as Envelope
  return {
    partition,
    offset,
    timestamp: ts,
    stampedByBroker: tstype === 'logappend',
    key: key === null ? null : bytesOf(key),
    value: payload === null ? null : bytesOf(payload),
    headers: Array.from({ length: headers.length / 2 }, (_, index) => [headers[2 * index]!, bytesOf(headers[2 * index + 1] ?? '')] as const)
  }
}
