import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, type EachBatchPayload, Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import Value from 'typebox/value'
import type { AdapterConfig } from '../../adapter/config.ts'
import { registerCodecs } from '../../adapter/kafka/codecs.ts'
import { KEEP_TRYING, kafkaOptions } from '../../adapter/kafka/connection.ts'
import { CorrectionMessageSchema, InquiryMessageSchema } from '../../openapi/index.ts'
import { EXIT, PipelineError } from '../step.ts'
import type { DataLake, Kind, LakeFile, LakeRecord } from './data-lake.ts'

export interface CollectOptions {
  readonly lake: DataLake
  readonly kind: Kind
  readonly topic: string
  readonly config: AdapterConfig
  readonly log: Logger
  /** Wall-clock time in milliseconds. */
  readonly giveUpAt: number
}

export interface Collected {
  readonly records: number
  /** Records that do not match the contract; the adapter has made dead letters of them. */
  readonly unreadable: number
  /** Records that Kafka had deleted before they could be collected. */
  readonly missed: number
}

/** Where to read one partition: from `next` on, up to but not including `end`. */
interface Range { next: bigint, readonly end: bigint }

const SCHEMAS = { inquiries: InquiryMessageSchema, corrections: CorrectionMessageSchema } as const
const FEW_RETRIES = { initialRetryTime: 200, retries: 4 }
const POLL_MS = 50

/**
 * Appends to the lake what a topic holds beyond the position of the run before, up to its end at this moment.
 * @throws {PipelineError} ERR_KAFKA_UNAVAILABLE; the lake is as it was
 */
export async function collectTopic (options: CollectOptions): Promise<Collected> {
  const { lake, topic, config, log } = options
  await registerCodecs()
  const kafka = new Kafka(kafkaOptions(config, log, { retry: FEW_RETRIES }))
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { ranges, missed } = await rangesOf(admin, topic, (await lake.positions())[topic] ?? {})
    const file = await lake.write(options.kind)
    try {
      const unreadable = await read(kafka, admin, ranges, file, options)
      await file.keep()
      await lake.savePositions(topic, Object.fromEntries([...ranges].map(([partition, { next }]) => [partition, String(next)])))
      return { records: file.records, unreadable, missed }
    } catch (error) {
      await file.drop().catch(() => {})
      throw error
    }
  } catch (cause) {
    throw new PipelineError('ERR_KAFKA_UNAVAILABLE', `${topic} could not be read: ${cause instanceof Error ? cause.message : cause}`, { cause, exitCode: EXIT.unavailable })
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

async function rangesOf (admin: Admin, topic: string, positions: Record<string, string>): Promise<{ ranges: Map<number, Range>, missed: number }> {
  let missed = 0
  const ranges = new Map<number, Range>()
  for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
    const position = BigInt(positions[partition] ?? low)
    const next = position < BigInt(low) ? BigInt(low) : position
    missed += Number(next - position)
    ranges.set(partition, { next, end: BigInt(high) })
  }
  return { ranges, missed }
}

/** Reads the ranges with a consumer of its own group, which commits nothing. @returns how many records did not match */
async function read (kafka: Kafka, admin: Admin, ranges: ReadonlyMap<number, Range>, file: LakeFile, { topic, kind, giveUpAt }: CollectOptions): Promise<number> {
  const isDone = () => [...ranges.values()].every(({ next, end }) => next >= end)
  if (isDone()) return 0
  const groupId = `inquiry-extract-${randomUUID()}`
  // A coordinator that is only being made is waited for; `giveUpAt` ends it.
  const consumer = kafka.consumer({ groupId, sessionTimeout: 30_000, retry: KEEP_TRYING })
  let unreadable = 0
  let writing = Promise.resolve()
  let failure: unknown
  consumer.on('consumer.crash', ({ payload }) => { if (!payload.restart) failure = payload.error })
  consumer.on('consumer.group_join', () => {
    for (const [partition, { next }] of ranges) consumer.seek({ topic, partition, offset: String(next) })
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    // Joining the group is not awaited: while a broker is away it takes as long as that.
    consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: async ({ batch, heartbeat, pause }: EachBatchPayload) => {
        const range = ranges.get(batch.partition)
        if (!range) return
        const within = batch.messages.filter(({ offset }) => BigInt(offset) >= range.next && BigInt(offset) < range.end)
        // Before anything is awaited: a batch may come again after a rebalance. Not the last message's offset, since transaction
        // markers have offsets too, and a compacted topic has gaps.
        const after = BigInt(batch.lastOffset()) + 1n
        if (after > range.next) range.next = after < range.end ? after : range.end
        const records = within.map(({ offset, timestamp, value }) => toRecord(kind, { topic, partition: batch.partition, offset, timestamp: Number(timestamp) }, value))
        unreadable += records.filter(record => record === undefined).length
        writing = file.add(records.filter(record => record !== undefined))
        await writing
        if (range.next >= range.end) pause()
        await heartbeat()
      }
    }).catch((error: unknown) => { failure = error })
    while (!isDone()) {
      if (failure) throw failure
      if (Date.now() > giveUpAt) throw new Error('the end was not reached within --timeout')
      await sleep(POLL_MS)
    }
    await writing
  } finally {
    await consumer.disconnect().catch(() => {})
    await admin.deleteGroups([groupId]).catch(() => {}) // it has no offsets: Kafka forgets it anyway
  }
  return unreadable
}

/** Undefined for what does not match the contract. */
function toRecord (kind: Kind, place: Omit<LakeRecord, 'value'>, bytes: Buffer | null): LakeRecord | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes ?? Buffer.alloc(0)))
    return Value.Check(SCHEMAS[kind], value) ? { ...place, value } : undefined
  } catch {
    return undefined
  }
}
