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
  /** One without a value reads as an empty one: kafkajs, which an adapter may use, cannot write the former. */
  readonly headers: ReadonlyArray<readonly [name: string, value: Buffer]>
}

/** First value of a header, as text. */
export function headerOf ({ headers }: Pick<TopicRecord, 'headers'>, name: string): string | undefined {
  return headers.find(([header]) => header === name)?.[1].toString()
}

/** The bytes of what was read as Latin-1. */
export function bytesOf (latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1')
}
