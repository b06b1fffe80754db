import { randomUUID } from 'node:crypto'
import type { Batch, Consumer, ConsumerGroupJoinEvent } from 'kafkajs'
import type { DecisionMessage } from '../../openapi/index.ts'
import { isDecision } from './codec.ts'
import { InquiryClientError } from './errors.ts'
import type { KafkaClient } from './kafka.ts'
import { keepTrying } from './keep-trying.ts'
import type { Codec } from './types.ts'

export interface DecisionListenerOptions {
  readonly kafka: KafkaClient
  readonly topic: string
  readonly groupIdPrefix: string
  readonly codec: Pick<Codec, 'decodeDecision'>
  readonly signal: AbortSignal
  readonly decided: (decision: DecisionMessage) => void
  readonly failed: (error: InquiryClientError) => void
  /** Called each time that the group's coordinator has answered. */
  readonly heard: () => void
}

const HEARTBEAT_MS = 2_000
const SILENCE_MS = 4 * HEARTBEAT_MS
/** How soon partitions that the topic got meanwhile are noticed. */
const METADATA_MS = 10_000

/** kafkajs holds a consumer together through an outage of half a minute; then it is replaced. Its own restart keeps the dead member's place in the group. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 30, restartOnFailure: async () => false }

/**
 * Reads every result from the moment of `positioned` on, through any outage.
 *
 * A consumer that starts "from the latest offset" starts at the end of the topic as it is once the group has formed,
 * seconds later, and does so again after every rebalance: results in between would be missed. So the end of each
 * partition is asked for once, before the first inquiry is sent, and from there on this class keeps the position
 * itself and sets it at each assignment. Nothing is committed.
 */
export class DecisionListener {
  readonly #options: DecisionListenerOptions
  /** Next offset to read, by partition. */
  readonly #positions = new Map<number, string>()
  #running: Promise<void> = Promise.resolve()
  #lastSign = -Infinity
  #malformed = 0

  constructor (options: DecisionListenerOptions) {
    this.#options = options
  }

  /** Whether the group's coordinator has answered lately. */
  get isListening (): boolean { return performance.now() - this.#lastSign < SILENCE_MS }

  get malformed (): number { return this.#malformed }

  /** @returns when the positions are known: a result written later will be read; never, if the signal comes before */
  start (): Promise<void> {
    return new Promise(resolve => {
      this.#running = this.#run(resolve)
    })
  }

  /** After the signal: waits until the connections are closed. */
  async close (): Promise<void> {
    await this.#running
  }

  async #run (positioned: () => void): Promise<void> {
    const { signal, failed } = this.#options
    const fail = (cause: unknown) => failed(new InquiryClientError('ERR_KAFKA', { detail: 'results cannot be read', cause }))
    if (await keepTrying(async () => await this.#locateEnds(), { signal, failed: fail })) positioned()
    await keepTrying(async () => await this.#consume(), { signal, failed: fail })
  }

  async #locateEnds (): Promise<void> {
    const admin = this.#options.kafka.admin({ retry: { retries: 0 } })
    try {
      await admin.connect()
      for (const { partition, offset } of await admin.fetchTopicOffsets(this.#options.topic)) this.#positions.set(partition, offset)
    } finally {
      await admin.disconnect().catch(() => {})
    }
  }

  /** Reads until the signal. @throws when the consumer is lost */
  async #consume (): Promise<void> {
    const { kafka, topic, groupIdPrefix, signal } = this.#options
    const consumer = kafka.consumer({
      groupId: `${groupIdPrefix}${randomUUID()}`, // a new one each time: nobody's end has to be waited for
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: 1_000,
      metadataMaxAge: METADATA_MS,
      allowAutoTopicCreation: false,
      retry: RETRY
    })
    let end = (_error?: unknown) => {}
    const ended = new Promise<unknown>(resolve => { end = resolve })
    const stop = () => end()
    signal.addEventListener('abort', stop)
    consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error))
    consumer.on(consumer.events.HEARTBEAT, () => this.#hear())
    consumer.on(consumer.events.GROUP_JOIN, event => this.#takePositions(consumer, event))
    try {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: false })
      await consumer.run({ autoCommit: false, eachBatch: async ({ batch }) => await this.#read(batch) })
      const error = await ended
      if (error) throw error
    } finally {
      signal.removeEventListener('abort', stop)
      this.#lastSign = -Infinity
      await consumer.disconnect().catch(() => {})
    }
  }

  /** kafkajs calls this before it fetches anything. A partition that was not there at the start is read from its beginning. */
  #takePositions (consumer: Consumer, { payload }: ConsumerGroupJoinEvent): void {
    const { topic } = this.#options
    for (const partition of payload.memberAssignment[topic] ?? []) {
      consumer.seek({ topic, partition, offset: this.#positions.get(partition) ?? '0' })
    }
    this.#hear()
  }

  #hear (): void {
    this.#lastSign = performance.now()
    this.#options.heard()
  }

  async #read (batch: Batch): Promise<void> {
    for (const { value, offset } of batch.messages) {
      try {
        const decision: unknown = value && await this.#options.codec.decodeDecision(value)
        if (!isDecision(decision)) throw new Error('not a decision by the contract')
        this.#options.decided(decision)
      } catch (cause) {
        this.#malformed++
        this.#options.failed(new InquiryClientError('ERR_MALFORMED_DECISION', { detail: `partition ${batch.partition}, offset ${offset}`, cause }))
      }
    }
    this.#positions.set(batch.partition, String(BigInt(batch.lastOffset()) + 1n))
  }
}
