import type { DecodedRecord } from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'
import type { RecordBatch } from './record-batch.ts'

/** On a record that stands for a batch that could not be read; says why. */
export const UNREADABLE_BATCH_HEADER = 'unreadable-batch'

/** What is wrong with a batch, in words that may be logged and sent. */
export class UnreadableBatchError extends Error {
  static tooLarge (maxBytes: number): UnreadableBatchError {
    return new UnreadableBatchError(`is larger than ${maxBytes} bytes when decompressed`)
  }

  constructor (message: string) {
    super(message)
    this.name = 'UnreadableBatchError'
  }
}

/**
 * The record that is given in place of an unreadable batch: at the offset of the batch's last one, so that reading goes
 * on after it; its value is the whole batch as it is stored, for whoever wants to look.
 */
export function recordInPlaceOf (batch: RecordBatch, error: unknown): DecodedRecord {
  const what = error instanceof UnreadableBatchError ? error.message : 'cannot be decoded'
  const where = batch.recordCount > 1 ? `the batch of ${batch.recordCount} records from offset ${batch.firstOffset}` : 'the batch'
  return {
    magicByte: 2,
    attributes: 0,
    timestamp: batch.maxTimestamp,
    offset: batch.lastOffset,
    key: null,
    value: batch.bytes,
    headers: { [UNREADABLE_BATCH_HEADER]: Buffer.from(`${where} ${what}`) },
    isControlRecord: false,
    batchContext: { producerId: batch.producerId, inTransaction: batch.isTransactional }
  }
}
