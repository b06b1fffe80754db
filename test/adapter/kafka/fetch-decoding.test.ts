import { createRequire } from 'node:module'
import kafkajs, { CompressionTypes } from 'kafkajs'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import type { DecodedRecord } from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import t from 'tap'
import { registerCodecs } from '../../../adapter/kafka/codecs.ts'
import { UNREADABLE_BATCH_HEADER } from '../../../adapter/kafka/compression/unreadable-batch.ts'
import { decodeRecordSet } from '../../../adapter/kafka/fetch-decoding.ts'
import { stopIdlePolling } from '../../../adapter/kafka/idle-polling.ts'
import { STORED_BATCHES, STORED_VALUE } from './stored-batches.ts'

const require = createRequire(import.meta.url)
const RESPONSE = 'kafkajs/src/protocol/requests/fetch/v11/response.js'
const HEADER_BYTES = 61

interface FetchResponse { decode (data: Buffer): Promise<{ responses: Array<{ partitions: Array<{ messages: DecodedRecord[] }> }> }> }

const loadedBefore = require(RESPONSE) as FetchResponse
await registerCodecs()

function recordSet (...batches: Buffer[]): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(Buffer.concat(batches).length)
  return Buffer.concat([length, ...batches])
}

async function decode (...batches: Buffer[]): Promise<DecodedRecord[]> {
  return await decodeRecordSet(new Decoder(recordSet(...batches)))
}

interface BatchParts { offset?: number, count?: number, lastDelta?: number, type?: CompressionTypes, data: Buffer }

/** A batch with any content, right or wrong. */
function batchOf ({ offset = 0, count = 1, lastDelta = count - 1, type = CompressionTypes.ZSTD, data }: BatchParts): Buffer {
  const header = Buffer.from(STORED_BATCHES[0]!.bytes.subarray(0, HEADER_BYTES))
  header.writeBigInt64BE(BigInt(offset), 0)
  header.writeInt32BE(HEADER_BYTES - 12 + data.length, 8)
  header.writeInt16BE(type, 21)
  header.writeInt32BE(lastDelta, 23)
  header.writeInt32BE(count, 57)
  return Buffer.concat([header, data])
}

async function compress (type: CompressionTypes.GZIP | CompressionTypes.Snappy | CompressionTypes.ZSTD, buffer: Buffer): Promise<Buffer> {
  return await kafkajs.CompressionCodecs[type]().compress({ buffer })
}

/** `count` records without key and value. */
function emptyRecords (count: number): Buffer {
  return Buffer.concat(Array(count).fill(Buffer.of(12, 0, 0, 0, 1, 1, 0)))
}

function reasonOf (record: DecodedRecord | undefined): string | undefined {
  return record?.headers[UNREADABLE_BATCH_HEADER]?.toString()
}

t.test('batches as librdkafka and Java compress them are read', async t => {
  for (const { compression, client, bytes } of STORED_BATCHES) {
    const [record, ...others] = await decode(bytes)
    t.equal(record?.value?.toString().trim(), STORED_VALUE, `${compression} of ${client}`)
    t.equal(others.length, 0)
  }
  const offsets = (await decode(...STORED_BATCHES.map(({ bytes }) => bytes))).map(({ offset }) => offset)
  t.same(offsets, ['0', '1', '0', '1', '0', '1'], 'one after the other')
})

t.test('what is cut off at the end is left for the next fetch', async t => {
  const [first, second] = STORED_BATCHES.map(({ bytes }) => bytes) as [Buffer, Buffer]
  t.equal((await decode(first, second.subarray(0, -1))).length, 1)
  t.equal((await decode(first, second.subarray(0, 30))).length, 1)
  t.same(await decode(first.subarray(0, -1)), [])
  t.same(await decode(), [])
})

t.test('what kafkajs writes compressed is read again', async t => {
  for (const type of [CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.ZSTD] as const) {
    const batch = batchOf({ count: 3, type, data: await compress(type, emptyRecords(3)) })
    t.same((await decode(batch)).map(({ key, value }) => [key, value]), Array(3).fill([null, null]), CompressionTypes[type])
  }
  await t.rejects(async () => await kafkajs.CompressionCodecs[CompressionTypes.LZ4]().compress({ buffer: Buffer.alloc(9) }), /only read/)
})

t.test('a batch that is too large or damaged comes as one record that says so, and the others are read', async t => {
  const [before, after] = [batchOf({ offset: 5, data: await compress(CompressionTypes.ZSTD, emptyRecords(1)) }), batchOf({ offset: 20, data: await compress(CompressionTypes.ZSTD, emptyRecords(1)) })]
  const large = Buffer.alloc(40_000_000)
  const cases: Array<[string, Omit<BatchParts, 'offset' | 'count'>, RegExp]> = [
    ['gzip bomb', { type: CompressionTypes.GZIP, data: await compress(CompressionTypes.GZIP, large) }, /larger than 33554432 bytes/],
    ['snappy bomb', { type: CompressionTypes.Snappy, data: await compress(CompressionTypes.Snappy, large) }, /larger than 33554432 bytes/],
    ['zstd bomb', { data: await compress(CompressionTypes.ZSTD, large) }, /larger than 33554432 bytes/],
    ['zstd bomb that hides its size', { data: Buffer.concat([Buffer.from('28b52ffd0058', 'hex'), ...Array(400).fill(Buffer.from('02001000', 'hex')), Buffer.from('03001000', 'hex')]) }, /larger than 33554432 bytes/],
    ['lz4 bomb', { type: CompressionTypes.LZ4, data: lz4Bomb(12) }, /larger than 33554432 bytes/],
    ['no gzip', { type: CompressionTypes.GZIP, data: Buffer.from('nothing of the kind') }, /cannot be decoded/],
    ['no snappy', { type: CompressionTypes.Snappy, data: Buffer.from('nothing of the kind') }, /cannot be decoded/],
    ['snappy of Java, cut off', { type: CompressionTypes.Snappy, data: STORED_BATCHES[5]!.bytes.subarray(HEADER_BYTES, -50) }, /cannot be decoded/],
    ['no lz4', { type: CompressionTypes.LZ4, data: Buffer.from('nothing of the kind') }, /cannot be decoded/],
    ['lz4, cut off', { type: CompressionTypes.LZ4, data: STORED_BATCHES[1]!.bytes.subarray(HEADER_BYTES, -50) }, /cannot be decoded/],
    ['no zstd', { data: Buffer.from('nothing of the kind') }, /cannot be decoded/],
    ['zstd, cut off', { data: STORED_BATCHES[3]!.bytes.subarray(HEADER_BYTES, -20) }, /cannot be decoded/],
    ['an unknown codec', { type: 7 as CompressionTypes, data: Buffer.from('nothing of the kind') }, /cannot be decoded/],
    ['fewer records than it says', { data: await compress(CompressionTypes.ZSTD, emptyRecords(3)) }, /cannot be decoded/]
  ]
  for (const [name, parts, reason] of cases) {
    const unreadable = batchOf({ ...parts, offset: 6, count: 9, lastDelta: 12 })
    const records = await decode(before, unreadable, after)
    t.same(records.map(({ offset }) => offset), ['5', '18', '20'], `${name}: reading goes on after its last record`)
    t.match(reasonOf(records[1]), reason, name)
    t.match(records[1], { key: null, value: unreadable, isControlRecord: false, batchContext: { inTransaction: false } })
  }
})

/** A frame of blocks of 4 MiB, each one byte that repeats. */
function lz4Bomb (blocks: number): Buffer {
  const block = Buffer.concat([Buffer.of(0x1F, 0x20, 1, 0), Buffer.alloc(16_447, 0xFF), Buffer.of(1, 0x00)])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(block.length)
  return Buffer.concat([Buffer.from('04224d186070' + '73', 'hex'), ...Array(blocks).fill(Buffer.concat([length, block])), Buffer.alloc(4)])
}

t.test('a batch of more records than kafkajs can hold is unreadable, and many are not', async t => {
  const many = batchOf({ count: 100_000, data: await compress(CompressionTypes.ZSTD, emptyRecords(100_000)) })
  t.equal((await decode(many)).length, 100_000)
  const tooMany = batchOf({ count: 100_001, data: await compress(CompressionTypes.ZSTD, emptyRecords(100_001)) })
  const records = await decode(tooMany)
  t.equal(records.length, 1)
  t.match(reasonOf(records[0]), 'the batch of 100001 records from offset 0 has more than 100000 records')
})

t.test('of little that becomes much only a part is decoded at a time', async t => {
  const record = Buffer.concat([Buffer.of(0, 0, 0, 1), varint(9_000_000), Buffer.alloc(9_000_000), Buffer.of(0)])
  const data = await compress(CompressionTypes.ZSTD, Buffer.concat([varint(record.length), record]))
  const batches = Array.from({ length: 10 }, (_, offset) => batchOf({ offset, data }))
  t.same((await decode(...batches)).map(({ offset }) => offset), ['0', '1'])
})

/** Seven bits a byte, lowest first; the number doubled, as it is not negative. */
function varint (value: number): Buffer {
  const bytes: number[] = []
  let rest = value * 2
  for (; rest > 0x7F; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

t.test('kafkajs reads by this, also when it had fetched before', async t => {
  const response = Buffer.concat([
    Buffer.from('0000000000000000000000000001', 'hex'), // throttle time, error, session, topics
    Buffer.from('000174' + '00000001', 'hex'), // topic t, partitions
    Buffer.alloc(6 + 24), Buffer.from('00000000ffffffff', 'hex'), // partition, error, offsets, aborted transactions, replica
    recordSet(batchOf({ offset: 3, data: Buffer.from('nothing of the kind') }))
  ])
  await t.rejects(loadedBefore.decode(response), 'as it is without')
  const { responses } = await (require(RESPONSE) as FetchResponse).decode(response)
  t.match(reasonOf(responses[0]?.partitions[0]?.messages[0]), 'the batch cannot be decoded')
})

t.test('request queues are polled only while something waits in them', async t => {
  const timers: unknown[] = []
  const { setTimeout: original } = globalThis
  t.intercept(globalThis, 'setTimeout', { value: (...parameters: Parameters<typeof setTimeout>) => { timers.push(parameters[1]); return original(...parameters) } })
  const logger = { debug () {}, namespace: () => logger }
  const queue = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1_000, enforceRequestTimeout: false, clientId: 'c', broker: 'b', logger })
  t.teardown(() => queue.destroy())
  const sent: number[] = []
  const push = (correlationId: number) => queue.push({ entry: { correlationId, resolve () {}, reject () {} }, expectResponse: true, sendRequest: () => sent.push(correlationId) })

  queue.checkPendingRequests()
  t.equal(timers.length, 1, 'kafkajs 2.2.4 arms a timer for nothing')
  queue.destroy()
  timers.length = 0

  stopIdlePolling()
  stopIdlePolling()
  queue.checkPendingRequests()
  t.same(timers, [])
  push(1)
  push(2)
  t.same(sent, [1], 'the second one waits')
  t.same(timers, [10], 'and is looked at again')
  queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 })
  t.same(sent, [1, 2])
})
