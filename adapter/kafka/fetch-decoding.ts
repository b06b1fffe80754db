import { createRequire } from 'node:module'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import decodeRecordBatch, { type DecodedRecord } from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'
import decodeMessages from 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'
import { type RecordBatch, isRecordBatch, recordBatches } from './compression/record-batch.ts'
import { UnreadableBatchError, recordInPlaceOf } from './compression/unreadable-batch.ts'

/** kafkajs dies of some 125,000 records in a batch; a MiB of tiny compressed ones can be millions, each an object. */
const MAX_BATCH_RECORDS = 100_000

/** Of one partition no more is decoded at a time; what is left is fetched again. Little that is compressed can be very much. */
const ENOUGH_BYTES = 16_777_216
/** About what a record takes besides key and value. */
const RECORD_OVERHEAD_BYTES = 256

const require = createRequire(import.meta.url)
const DECODER = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'
const FETCH_RESPONSE = /[\\/]kafkajs[\\/]src[\\/]protocol[\\/]requests[\\/]fetch[\\/]v\d+[\\/]response\.js$/

/**
 * Keeps a batch that cannot be read from stopping the consumer. kafkajs 2.2.4 fetches such a batch again for ever, or
 * crashes at it without a restart, and with it all partitions stand still. From now on, in this whole process, one record
 * comes in its place, without key, with the header `unreadable-batch` that says why.
 * @throws when this kafkajs is not built as expected
 */
export function tolerateUnreadableBatches (): void {
  const module = require.cache[require.resolve(DECODER)]
  if (typeof decodeMessages !== 'function' || typeof decodeRecordBatch !== 'function' || module === undefined) {
    throw new Error('kafkajs has no fetch/v4/decodeMessages; adapter/kafka/fetch-decoding.ts fits kafkajs 2.2.4 only')
  }
  module.exports = decodeRecordSet
  // They have taken hold of the former function if anything was fetched before; kafkajs loads them for each fetch.
  for (const file of Object.keys(require.cache)) if (FETCH_RESPONSE.test(file)) delete require.cache[file]
}

/** Reads the records of one partition from a response, as kafkajs's own function does. */
export async function decodeRecordSet (response: Decoder): Promise<DecodedRecord[]> {
  const start = response.offset
  const length = response.readInt32()
  if (length <= 0 || !response.canReadBytes(length)) return []
  const recordSet = response.readBytes(length)
  if (!isRecordBatch(recordSet)) {
    response.offset = start
    return await decodeMessages(response)
  }

  const records: DecodedRecord[] = []
  let bytes = 0
  for (const batch of recordBatches(recordSet)) {
    for (const record of await recordsOf(batch)) {
      records.push(record)
      bytes += RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0)
    }
    if (bytes > ENOUGH_BYTES) break
  }
  return records
}

async function recordsOf (batch: RecordBatch): Promise<DecodedRecord[]> {
  try {
    if (batch.recordCount > MAX_BATCH_RECORDS) throw new UnreadableBatchError(`has more than ${MAX_BATCH_RECORDS} records`)
    const { records } = await decodeRecordBatch(new Decoder(batch.bytes))
    return records
  } catch (error) {
    return [recordInPlaceOf(batch, error)]
  }
}
