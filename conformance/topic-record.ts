/** A record as an independent client read it. */
export interface TopicRecord {
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** Whether the broker's clock stamped it. */
  readonly stampedByBroker: boolean
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: ReadonlyArray<readonly [name: string, value: Buffer]>
}

/** First value of a header, as text. */
export function headerOf ({ headers }: Pick<TopicRecord, 'headers'>, name: string): string | undefined {
  return headers.find(([header]) => header === name)?.[1].toString()
}

/** A program that prints the records of a topic. */
export interface ConsumerProgram {
  /** As it is called in a report. */
  readonly name: string
  /** Command that reads a topic from its beginning: to what is now its end, or for ever. */
  command(topic: string, until: 'end' | 'killed'): readonly [string, ...string[]]
  /** What follows each record on stdout. */
  readonly delimiter: string
  /** Reads what was printed of one record, taken as Latin-1, a character for a byte. */
  parse(printed: string): TopicRecord
}

/** The bytes of what was read as Latin-1. */
export function bytesOf (latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1')
}
