import { setImmediate as turn } from 'node:timers/promises'
import type { Batch, Consumer, ConsumerCrashEvent, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import { KEEP_TRYING } from '../kafka/connection.ts'
import { coPartitionAssigner } from './co-partition-assigner.ts'
import type { OwnershipLease } from './ownership-lease.ts'

export interface GroupMemberOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly inquiryTopic: string
  readonly resultTopic: string
  readonly sessionTimeoutMs: number
  readonly lease: OwnershipLease
  /** Partitions of the inquiry topic that this member has now. */
  readonly owned: () => number[]
  /**
   * The group gave us these partitions, which are paused; those that are not among them are someone else's now.
   * @param isContinuous whether it was shared out only once since it gave us those before: what stays was nobody else's
   */
  readonly onAssigned: (inquiryPartitions: number[], isContinuous: boolean) => void
  /** The group's coordinator confirmed the membership. */
  readonly onConfirmed: () => void
  /** The group is being shared out anew; what we have is still ours. Offsets can be committed now, later no more. */
  readonly onRebalance: () => void
  /**
   * @param end of the partition when the record was fetched: the offset of the record that will come next
   * @returns whether the record was taken over; if not, the partition is to be paused and the record comes again
   */
  readonly onInquiry: (partition: number, message: KafkaMessage, end: number) => boolean
  readonly onResult: (partition: number, message: KafkaMessage) => void
  /** The result topic was read up to this offset. */
  readonly onResultsRead: (partition: number, nextOffset: number) => void
  /** kafkajs gave the consumer up for good. */
  readonly onCrash: (error: Error) => void
}

/**
 * Fetches wait this long for records. It is also how long kafkajs sleeps before it looks again when every partition
 * is paused, so it bounds the delay of a resumed partition.
 */
const MAX_WAIT_MS = 250
/** Small, so that one fetch does not keep the event loop, and with it every deadline, waiting. */
const MAX_BYTES_PER_PARTITION = 262_144
const RECORDS_A_TURN = 100

/** Where records come from; a consumer group's member that reads inquiries and, beside them, what was decided before. */
export class GroupMember {
  readonly #options: GroupMemberOptions
  readonly #consumer: Consumer
  /** When the request was sent whose answer confirmed the membership. */
  #confirmedAt = 0
  /** Whether kafkajs has a group: not before the first join, and not between a crash and the join after it. */
  #isRunning = false
  /** Generation of the group in the last request for our share, and membership and generation of the share that we have. */
  #generation = NaN
  #share: { readonly memberId: string, readonly generation: number } | undefined
  /** Commits that the coordinator acknowledged. */
  #commits = 0

  constructor (options: GroupMemberOptions) {
    const { kafka, groupId, sessionTimeoutMs, inquiryTopic, resultTopic, owned } = options
    this.#options = options
    this.#consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
      rebalanceTimeout: sessionTimeoutMs * 2,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      allowAutoTopicCreation: false,
      retry: KEEP_TRYING, // five retries are its default, whatever its Kafka says
      partitionAssigners: [coPartitionAssigner({ inquiryTopic, resultTopic, owned })]
    })
  }

  /**
   * Joins the group in the background.
   * @throws when the brokers or the topics cannot be found, or the signal's reason when it is aborted meanwhile
   */
  async start (signal: AbortSignal): Promise<void> {
    const { inquiryTopic, resultTopic } = this.#options
    this.#listen()
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [inquiryTopic], fromBeginning: true })
    await this.#consumer.subscribe({ topics: [resultTopic], fromBeginning: false })
    signal.throwIfAborted()
    // Joining is awaited by nobody: a group may take its time, and `onAssigned` says when it is done.
    this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async payload => await this.#eachBatch(payload) })
      .catch(this.#options.onCrash)
  }

  /** A request for our share of a generation goes out. */
  syncs (generation: number): void { this.#generation = generation }

  /** Nothing to do while there is no group: who joins it begins with everything paused. */
  pause (topic: string, partitions: number[]): void { if (this.#isRunning) this.#consumer.pause([{ topic, partitions }]) }
  resume (topic: string, partitions: number[]): void { if (this.#isRunning) this.#consumer.resume([{ topic, partitions }]) }
  /** @throws while there is no group */
  seek (topic: string, partition: number, offset: number): void { this.#consumer.seek({ topic, partition, offset: String(offset) }) }

  /**
   * One at a time.
   * @param offsets of the inquiry topic: the next record to read, and a note for whoever reads it
   * @throws when they were not committed
   */
  async commit (offsets: Array<{ partition: number, offset: number, metadata: string }>): Promise<void> {
    const topic = this.#options.inquiryTopic
    const before = this.#commits
    await this.#consumer.commitOffsets(offsets.map(({ partition, offset, metadata }) => ({ topic, partition, offset: String(offset), metadata })))
    if (this.#commits === before) throw new Error('the consumer is stopping') // kafkajs says nothing then
  }

  /** Leaves the group. Commit before: kafkajs ignores commits while it stops. */
  async stop (): Promise<void> { await this.#consumer.disconnect() }

  #listen (): void {
    const { lease, inquiryTopic, resultTopic, onAssigned, onConfirmed, onRebalance, onCrash } = this.#options
    const consumer = this.#consumer
    const { HEARTBEAT, REQUEST, REQUEST_TIMEOUT, REBALANCING, GROUP_JOIN, CRASH, STOP, COMMIT_OFFSETS, FETCH_START, END_BATCH_PROCESS } = consumer.events

    consumer.on(REQUEST, ({ payload: { apiName, sentAt } }) => {
      if (apiName === 'Heartbeat' || apiName === 'SyncGroup') this.#confirmedAt = sentAt
      // From here on others may get our partitions before we hear of it.
      if (apiName === 'JoinGroup') lease.expire()
    })
    // The group may have gone on without us.
    consumer.on(REQUEST_TIMEOUT, ({ payload: { apiName } }) => { if (apiName === 'JoinGroup') lease.expire() })
    consumer.on(HEARTBEAT, () => {
      lease.renew(Date.now() - this.#confirmedAt)
      onConfirmed()
    })
    consumer.on(REBALANCING, () => {
      lease.waitInRebalance()
      onRebalance()
    })
    consumer.on(GROUP_JOIN, ({ payload: { memberAssignment, memberId } }) => {
      const partitions = memberAssignment[inquiryTopic] ?? []
      const isContinuous = this.#share?.memberId === memberId && [0, 1].includes(this.#generation - this.#share.generation)
      this.#share = { memberId, generation: this.#generation }
      this.#isRunning = true
      this.pause(inquiryTopic, partitions)
      this.pause(resultTopic, memberAssignment[resultTopic] ?? [])
      lease.renew(Date.now() - this.#confirmedAt) // the answer may have lain here while the process stood still
      onAssigned(partitions, isContinuous)
    })
    consumer.on(FETCH_START, () => lease.readOn())
    consumer.on(STOP, () => {
      this.#isRunning = false
      this.#share = undefined
    })
    consumer.on(COMMIT_OFFSETS, () => { this.#commits++ })
    // Batches of nothing but transaction markers never reach `eachBatch`.
    consumer.on(END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset, batchSize } }) => {
      if (topic === resultTopic && batchSize === 0) this.#options.onResultsRead(partition, Number(lastOffset) + 1)
    })
    consumer.on(CRASH, ({ payload: { error, restart } }: ConsumerCrashEvent) => {
      if (!restart) onCrash(error)
    })
  }

  async #eachBatch ({ batch, resolveOffset, pause, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { inquiryTopic, onInquiry, onResult, onResultsRead } = this.#options
    const { topic, partition, messages } = batch
    const end = endOf(batch)
    for (const [position, message] of messages.entries()) {
      if (!isRunning() || isStale()) return
      if (topic !== inquiryTopic) onResult(partition, message)
      else if (!onInquiry(partition, message, end)) {
        pause()
        return
      }
      resolveOffset(message.offset)
      if (position % RECORDS_A_TURN === RECORDS_A_TURN - 1) await turn()
    }
    if (topic !== inquiryTopic) onResultsRead(partition, Number(batch.lastOffset()) + 1)
  }
}

/**
 * Offset of the record that will come next. A broker looks up the high watermark before it reads, and records that are
 * appended in between are beyond it (Kafka's `Partition.readRecords`).
 */
export function endOf (batch: Pick<Batch, 'highWatermark' | 'lastOffset'>): number {
  return Math.max(Number(batch.highWatermark), Number(batch.lastOffset()) + 1)
}
