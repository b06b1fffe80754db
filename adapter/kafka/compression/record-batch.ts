const LENGTH_AT = 8
const LENGTH_COUNTS_FROM = 12
const VERSION_AT = 16
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const RECORD_COUNT_AT = 57
const HEADER_BYTES = 61
const TRANSACTIONAL = 0x10

/** What the header of a record batch (version 2, which all brokers since Kafka 0.11 send) says; offsets and times as kafkajs has them, in text. */
export interface RecordBatch {
  /** The batch as it is stored. */
  readonly bytes: Buffer
  readonly firstOffset: string
  readonly lastOffset: string
  readonly maxTimestamp: string
  readonly producerId: string
  readonly isTransactional: boolean
  readonly recordCount: number
}

/** Whether records are in batches of version 2; older message sets are not. */
export function isRecordBatch (recordSet: Buffer): boolean {
  return recordSet[VERSION_AT] === 2
}

/** The batches of what a broker sends of one partition; the last one may have been cut off, and is left out then. */
export function * recordBatches (recordSet: Buffer): Generator<RecordBatch> {
  for (let start = 0, end; start + HEADER_BYTES <= recordSet.length; start = end) {
    end = start + LENGTH_COUNTS_FROM + recordSet.readInt32BE(start + LENGTH_AT)
    if (end > recordSet.length || end < start + HEADER_BYTES) return
    const bytes = recordSet.subarray(start, end)
    const firstOffset = bytes.readBigInt64BE(0)
    yield {
      bytes,
      firstOffset: String(firstOffset),
      lastOffset: String(firstOffset + BigInt(bytes.readInt32BE(LAST_OFFSET_DELTA_AT))),
      maxTimestamp: String(bytes.readBigInt64BE(MAX_TIMESTAMP_AT)),
      producerId: String(bytes.readBigInt64BE(PRODUCER_ID_AT)),
      isTransactional: (bytes.readInt16BE(ATTRIBUTES_AT) & TRANSACTIONAL) !== 0,
      recordCount: bytes.readInt32BE(RECORD_COUNT_AT)
    }
  }
}
