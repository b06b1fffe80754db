import { setTimeout as sleep } from 'node:timers/promises'
import type { Message, Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { isUnencodable, wasRefused, wasTooLarge } from './ambiguity.ts'

export interface RecordWriterOptions<Item> {
  readonly producer: Pick<Producer, 'send'>
  readonly topic: string
  /** The one partition to write to; left out, the key decides. */
  readonly partition?: number
  readonly log: Logger
  /** Whether an item may go now, has to wait for `wake`, or is no longer wanted. */
  readonly admit?: (item: Item) => 'send' | 'hold' | 'drop'
  /** The record. An item that may already have been written by an attempt that failed must not change any more. */
  readonly encode: (item: Item, mayBeWritten: boolean) => Message
  /** What is left of a record that cannot be written as it is, even by itself. @default it is tried as it is, for ever */
  readonly shorten?: (message: Message, why: Obstacle) => Message
  /**
   * Produce requests that the process has put on the wire, whoever sent them: where none was while an attempt failed,
   * its records are certainly not written. @default they are in doubt after every failure that is no refusal
   */
  readonly requestsSent?: (() => number) | undefined
  /** @param offset of the record; undefined where the partition was the broker's choice */
  readonly written: (item: Item, offset: number | undefined) => void
  readonly failed?: (error: unknown) => void
}

/** What keeps one record from being written: the brokers find it too large, or kafkajs cannot encode it. */
export type Obstacle = 'too_large' | 'unencodable'

const MOST_RECORDS = 500
/** Of a request, unless one record alone has more: brokers accept 1 MiB unless told otherwise. */
const MOST_BYTES = 512 * 1_024
const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 1_000
/** Attempts at one record alone before it is taken for one that cannot be encoded: kafkajs throws alike for passing reasons. */
const ENCODING_ATTEMPTS = 3

interface Queued<Item> { readonly item: Item, mayBeWritten: boolean, obstacle: Obstacle | undefined, encodingFailures: number }

/**
 * Writes records in the order of `push`, in one produce request at a time: what comes meanwhile goes with the next one.
 * Every item is tried until the brokers acknowledge it. Single flight keeps the order across retries, and means that
 * at most one request's records are in doubt when a broker falls silent.
 *
 * The producer is not kafkajs's idempotent one: its overlapping sends lose acknowledged records. An attempt that
 * failed without telling leaves a duplicate with the same content at worst.
 */
export class RecordWriter<Item> {
  readonly #options: RecordWriterOptions<Item>
  readonly #closing = new AbortController()
  #queue: Array<Queued<Item>> = []
  #running: Promise<void> | undefined
  /** Items of the request in flight. */
  #sending = 0

  constructor (options: RecordWriterOptions<Item>) {
    this.#options = options
  }

  /** Items that are not acknowledged yet. */
  get size (): number { return this.#queue.length + this.#sending }

  push (item: Item): void {
    this.#queue.push({ item, mayBeWritten: false, obstacle: undefined, encodingFailures: 0 })
    this.wake()
  }

  /** Looks again at items that were held. */
  wake (): void {
    if (this.#running || this.#queue.length === 0 || this.#closing.signal.aborted) return
    this.#running = this.#run()
  }

  /** Gives up what is not written, after the request in flight. */
  async close (): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run (): Promise<void> {
    const { written, requestsSent = () => NaN } = this.#options
    let failures = 0
    let mostRecords = MOST_RECORDS
    await new Promise(setImmediate) // decisions of the same moment share a request
    while (!this.#closing.signal.aborted) {
      const { batch, messages } = this.#take(mostRecords)
      if (batch.length === 0) break
      const sentBefore = requestsSent()
      this.#sending = batch.length
      try {
        const offset = await this.#send(messages)
        this.#sending = 0
        failures = 0
        mostRecords = Math.min(MOST_RECORDS, mostRecords * 2)
        for (const [position, { item }] of batch.entries()) written(item, offset === undefined ? undefined : offset + position)
      } catch (err) {
        this.#sending = 0
        const inDoubt = !wasRefused(err) && requestsSent() !== sentBefore
        for (const queued of batch) queued.mayBeWritten ||= inDoubt
        this.#queue.unshift(...batch)
        if (wasTooLarge(err) || isUnencodable(err)) {
          if (batch.length === 1) blame(batch[0]!, err)
          mostRecords = 1
        }
        const { topic, partition, log, failed } = this.#options
        log.warn({ err, topic, partition, records: batch.length, inDoubt, failures }, 'could not write; trying again')
        failed?.(err)
        await this.#backOff(failures++)
      }
    }
    // In the same turn in which the queue was found empty: who pushes after that must start a new run.
    this.#running = undefined
  }

  /** Takes from the queue what may go now, as far as it fits into a request. */
  #take (mostRecords: number): { batch: Array<Queued<Item>>, messages: Message[] } {
    const { admit } = this.#options
    const batch: Array<Queued<Item>> = []
    const messages: Message[] = []
    const kept: Array<Queued<Item>> = []
    let bytes = 0
    let isFull = false
    for (const queued of this.#queue) {
      const verdict = isFull ? 'hold' : admit?.(queued.item) ?? 'send'
      if (verdict === 'drop') continue
      const message = verdict === 'send' ? this.#encode(queued) : undefined
      bytes += message ? sizeOf(message) : 0
      if (message && (batch.length === 0 || bytes <= MOST_BYTES)) {
        batch.push(queued)
        messages.push(message)
      } else {
        kept.push(queued)
      }
      isFull ||= bytes > MOST_BYTES || batch.length === mostRecords
    }
    this.#queue = kept
    return { batch, messages }
  }

  #encode ({ item, mayBeWritten, obstacle }: Queued<Item>): Message {
    const { partition, encode, shorten } = this.#options
    const message = encode(item, mayBeWritten)
    return { ...(obstacle && shorten ? shorten(message, obstacle) : message), ...(partition !== undefined && { partition }) }
  }

  async #send (messages: Message[]): Promise<number | undefined> {
    const { producer, topic, partition } = this.#options
    const [metadata] = await producer.send({ topic, acks: -1, messages })
    return partition === undefined || metadata?.baseOffset === undefined ? undefined : Number(metadata.baseOffset)
  }

  async #backOff (failures: number): Promise<void> {
    const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures)
    await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(() => {})
  }
}

/** A record that was alone in its request was at fault. */
function blame (queued: Queued<unknown>, error: unknown): void {
  if (wasTooLarge(error)) queued.obstacle = 'too_large'
  else if (++queued.encodingFailures === ENCODING_ATTEMPTS) queued.obstacle = 'unencodable'
}

function sizeOf ({ key, value, headers }: Message): number {
  const headerBytes = Object.entries(headers ?? {}).reduce((sum, [name, header]) => sum + name.length + String(header).length, 0)
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes
}
