import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, Partitioners, type Producer, logLevel } from 'kafkajs'
import { type OutgoingRecord, type SentRecord, deadlineOf, fingerprintOf, partitionOf } from './sent-record.ts'
import { waitUntil } from './wait.ts'

export interface DriverOptions {
  readonly bootstrap: string
  readonly topic: string
  /** Partitions of the topic. */
  readonly partitions: number
  readonly total: number
  /** Records a second; Infinity: as fast as they go. */
  readonly rate: number
  readonly timeoutMs: number
  readonly make: (number: number, now: number) => OutgoingRecord
  /** Records are stamped so long before they are sent. @default 0 */
  readonly backdateMs?: number
  readonly signal: AbortSignal
}

const TICK_MS = 20
const MOST_IN_REQUEST = 500
const MOST_REQUEST_BYTES = 800_000
/** Kafka may be away for so long before the driver gives up. */
const OUTAGE_LIMIT_MS = 120_000
/** Longer than any freeze of a broker: a request that timed out would be sent again. */
const REQUEST_LIMIT_MS = 60_000

interface QueuedRecord extends OutgoingRecord { readonly number: number, readonly sentAt: number }

/**
 * Sends records at a steady rate, each stamped with the moment it was due, and remembers what must come of each. It
 * goes on until Kafka acknowledged every one. While Kafka is away they pile up, as in an app that waits.
 *
 * Each partition has its own queue and one request at a time, as kafkajs's idempotent mode is sound only for these: it
 * loses track where requests to one partition overlap, and where one `send` is for partitions of several brokers.
 */
export class Driver {
  readonly #sent: SentRecord[] = []
  readonly #options: DriverOptions
  readonly #producer: Producer

  static async connect (options: DriverOptions): Promise<Driver> {
    const driver = new Driver(options)
    await driver.#producer.connect()
    return driver
  }

  private constructor (options: DriverOptions) {
    this.#options = options
    const kafka = new Kafka({
      clientId: 'conformance-driver',
      brokers: options.bootstrap.split(','),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 3_000,
      requestTimeout: REQUEST_LIMIT_MS,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: OUTAGE_LIMIT_MS / 1_000 }
    })
    this.#producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner })
  }

  /** How many records it sends. */
  get total (): number { return this.#options.total }

  /** Records a second. */
  get rate (): number { return this.#options.rate }

  /** How many records Kafka acknowledged. */
  get count (): number { return this.#sent.length }

  /** What Kafka acknowledged, by number. */
  get sent (): SentRecord[] { return this.#sent.toSorted((a, b) => a.number - b.number) }

  /** Sends all records. */
  async run (): Promise<void> {
    const { total, rate, make, partitions, backdateMs = 0, signal } = this.#options
    const lanes = Array.from({ length: partitions }, () => [] as QueuedRecord[])
    const startedAt = Date.now()
    const dueAt = (number: number) => Math.round(startedAt + number / rate * 1e3)
    const filling = { isOver: false }
    const fill = async () => {
      for (let next = 0; next < total; await sleep(TICK_MS, undefined, { signal })) {
        for (; next < total && dueAt(next) <= Date.now(); next++) {
          const sentAt = dueAt(next) - backdateMs
          const record = make(next, sentAt)
          lanes[partitionOf(record.key ?? String(next), partitions)]!.push({ ...record, number: next, sentAt })
        }
      }
      filling.isOver = true
    }
    const drain = async (lane: QueuedRecord[], partition: number) => {
      while (!filling.isOver || lane.length > 0) {
        signal.throwIfAborted()
        if (lane.length > 0) await this.#send(partition, lane.splice(0, requestLength(lane)))
        else await sleep(TICK_MS, undefined, { signal })
      }
    }
    await Promise.all([fill(), ...lanes.map(drain)])
  }

  /** Waits until this share of the records is sent. */
  async untilSent (share: number): Promise<void> {
    const { total, rate, signal } = this.#options
    const limitMs = total / rate * 1e3 + OUTAGE_LIMIT_MS
    await waitUntil(() => this.count >= share * total, { what: `${share * 100} % of the inquiries to be sent`, limitMs, signal, everyMs: 10 })
  }

  async close (): Promise<void> {
    await this.#producer.disconnect()
  }

  async #send (partition: number, records: readonly QueuedRecord[]): Promise<void> {
    const { topic, timeoutMs } = this.#options
    const messages = records.map(({ key, value, headers, sentAt }) => ({ key, value, headers, partition, timestamp: String(sentAt) }))
    await this.#producer.send({ topic, acks: -1, messages })
    const availableAt = Date.now()
    for (const { key, value, headers, number, sentAt, expected } of records) {
      this.#sent.push({
        ...expected,
        number,
        key: key?.toString() ?? null,
        sentAt,
        deadline: deadlineOf(sentAt, timeoutMs, headers.deadline?.toString()),
        availableAt,
        ...(expected.outcome !== 'decision' && { fingerprint: fingerprintOf(key, value) })
      })
    }
  }
}

/** How many of the records fit into one request. */
function requestLength (records: readonly QueuedRecord[]): number {
  let bytes = 0
  const tooMany = records.findIndex(({ value }, index) => index === MOST_IN_REQUEST || (bytes += value?.length ?? 0) > MOST_REQUEST_BYTES)
  return tooMany === -1 ? records.length : Math.max(1, tooMany)
}
