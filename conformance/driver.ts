import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, Partitioners, type Producer, logLevel } from 'kafkajs'
import type { OutgoingRecord, SentRecord } from './sent-record.ts'
import { waitUntil } from './wait.ts'

export interface DriverOptions {
  readonly bootstrap: string
  readonly topic: string
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
const MOST_IN_REQUEST = 1_000
const MOST_REQUEST_BYTES = 800_000
/** Kafka may be away for so long before the driver gives up. */
const OUTAGE_LIMIT_MS = 120_000
/** Longer than any freeze of a broker: a request that timed out would be sent again. */
const REQUEST_LIMIT_MS = 60_000

/**
 * Sends records at a steady rate, each stamped with the moment it was due, and remembers what must come of each. It
 * goes on until Kafka acknowledged every one. While Kafka is away they pile up, as in an app that waits.
 *
 * kafkajs's idempotent mode is sound as long as one request is awaited before the next is sent; so no retry puts a
 * record into the topic twice.
 */
export class Driver {
  /** What Kafka acknowledged, by number. */
  readonly sent: SentRecord[] = []
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

  /** Sends all records. */
  async run (): Promise<void> {
    const { total, rate, make, backdateMs = 0, signal } = this.#options
    const startedAt = Date.now()
    const dueAt = (number: number) => Math.round(startedAt + number / rate * 1e3)
    for (let next = 0; next < total;) {
      signal.throwIfAborted()
      const batch: Array<OutgoingRecord & { readonly sentAt: number }> = []
      for (let bytes = 0; next < total && dueAt(next) <= Date.now() && batch.length < MOST_IN_REQUEST && bytes < MOST_REQUEST_BYTES; next++) {
        const sentAt = dueAt(next) - backdateMs
        const record = make(next, sentAt)
        bytes += record.value?.length ?? 0
        batch.push({ ...record, sentAt })
      }
      if (batch.length > 0) await this.#send(batch)
      else await sleep(TICK_MS, undefined, { signal })
    }
  }

  /** Waits until this share of the records is sent. */
  async untilSent (share: number): Promise<void> {
    const { total, rate, signal } = this.#options
    const limitMs = total / rate * 1e3 + OUTAGE_LIMIT_MS
    await waitUntil(() => this.sent.length >= share * total, { what: `${share * 100} % of the inquiries to be sent`, limitMs, signal, everyMs: 10 })
  }

  async close (): Promise<void> {
    await this.#producer.disconnect()
  }

  async #send (batch: ReadonlyArray<OutgoingRecord & { readonly sentAt: number }>): Promise<void> {
    const { topic, timeoutMs } = this.#options
    const messages = batch.map(({ key, value, headers, sentAt }) => ({ key, value, headers, timestamp: String(sentAt) }))
    await this.#producer.send({ topic, acks: -1, messages })
    const availableAt = Date.now()
    for (const { key, value, headers, sentAt, expected } of batch) {
      this.sent.push({
        ...expected,
        number: this.sent.length,
        key: key?.toString() ?? null,
        sentAt,
        deadline: deadlineOf(sentAt, timeoutMs, headers.deadline?.toString()),
        availableAt,
        ...(expected.outcome !== 'decision' && { fingerprint: fingerprintOf(key, value) })
      })
    }
  }
}

/** By the contract: the record's timestamp plus the timeout, or the header when it is earlier and can be read. */
export function deadlineOf (sentAt: number, timeoutMs: number, header: string | undefined): number {
  const deadline = sentAt + timeoutMs
  return header !== undefined && /^[0-9]{1,16}$/.test(header) ? Math.min(deadline, Number(header)) : deadline
}

/** Tells key and value apart from others, and an empty one from none. */
export function fingerprintOf (key: string | Buffer | null, value: string | Buffer | null): string {
  const hash = createHash('sha256')
  for (const part of [key, value]) {
    const bytes = part === null ? null : Buffer.from(part)
    hash.update(`${bytes?.length ?? 'null'}:`).update(bytes ?? '')
  }
  return hash.digest('hex')
}
