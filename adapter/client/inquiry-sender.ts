import { type Message, Partitioners, type Producer } from 'kafkajs'
import { InquiryClientError } from './errors.ts'
import type { KafkaClient } from './kafka.ts'
import { keepTrying } from './keep-trying.ts'
import type { PendingInquiry } from './pending.ts'

export interface InquirySenderOptions {
  readonly kafka: KafkaClient
  readonly topic: string
  readonly signal: AbortSignal
  readonly failed: (error: InquiryClientError) => void
  /** Called when `isConnected` becomes true. */
  readonly connected: () => void
}

/** Sends that Kafka has not answered; the others are held here, where a deadline can still take them back. */
const MAX_UNACKNOWLEDGED = 500
const PAUSE_MS = 250

/** What a broker answers that will not take this record however often it is sent. */
const REFUSALS = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_TIMESTAMP', 'INVALID_RECORD', 'INVALID_TOPIC_EXCEPTION', 'POLICY_VIOLATION', 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'])

/**
 * Gives inquiries to Kafka, each as soon as possible and only as long as somebody waits for it. A record whose send
 * failed without telling whether it was written is sent again: of two with one id the first decision counts.
 *
 * The producer is not kafkajs's idempotent one, whose overlapping sends can lose acknowledged records.
 */
export class InquirySender {
  readonly #options: InquirySenderOptions
  readonly #producer: Producer
  /** Not sent, or not certainly; oldest first. */
  readonly #held = new Map<PendingInquiry, Message>()
  readonly #sends = new Set<Promise<void>>()
  #running: Promise<void> = Promise.resolve()
  #isConnected = false
  #isOpen = false
  #pause: NodeJS.Timeout | undefined

  constructor (options: InquirySenderOptions) {
    this.#options = options
    this.#producer = options.kafka.producer({
      idempotent: false,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 2 }
    })
  }

  /** Whether the producer has connected, and no send failed a moment ago. */
  get isConnected (): boolean { return this.#isConnected && this.#pause === undefined }

  /** Connects, and lets records go once `mayOpen` resolves. */
  start (mayOpen: Promise<unknown>): void {
    this.#running = this.#connect(mayOpen)
  }

  send (inquiry: PendingInquiry, message: Message): void {
    this.#held.set(inquiry, message)
    this.#flush()
  }

  /** Takes an inquiry back, if it is not on its way. */
  forget (inquiry: PendingInquiry): void {
    this.#held.delete(inquiry)
  }

  /** After the signal: waits for what is on its way, since kafkajs would connect anew to finish it, and disconnects. */
  async close (): Promise<void> {
    clearTimeout(this.#pause)
    await this.#running
    while (this.#sends.size > 0) await Promise.all(this.#sends)
    await this.#producer.disconnect().catch(() => {})
  }

  async #connect (mayOpen: Promise<unknown>): Promise<void> {
    const { signal, connected, failed } = this.#options
    const isConnected = await keepTrying(async () => await this.#producer.connect(), {
      signal,
      failed: cause => failed(new InquiryClientError('ERR_KAFKA', { detail: 'the producer cannot connect', cause }))
    })
    if (!isConnected) return
    this.#isConnected = true
    connected()
    mayOpen.then(() => {
      this.#isOpen = true
      this.#flush()
    }, () => {})
  }

  #flush (): void {
    if (!this.#isOpen || this.#pause || this.#options.signal.aborted) return
    for (const [inquiry, message] of this.#held) {
      if (this.#sends.size >= MAX_UNACKNOWLEDGED) return
      this.#held.delete(inquiry)
      const send: Promise<void> = this.#transmit(inquiry, message).finally(() => {
        this.#sends.delete(send)
        this.#flush()
      })
      this.#sends.add(send)
    }
  }

  async #transmit (inquiry: PendingInquiry, message: Message): Promise<void> {
    inquiry.stage = 'not_acknowledged'
    try {
      await this.#producer.send({ topic: this.#options.topic, acks: -1, messages: [message] })
      inquiry.stage = 'no_decision'
    } catch (cause) {
      this.#recover(inquiry, message, cause)
    }
  }

  #recover (inquiry: PendingInquiry, message: Message, cause: unknown): void {
    const { signal, connected, failed } = this.#options
    if (signal.aborted) return
    if (isRefusal(cause)) {
      failed(new InquiryClientError('ERR_KAFKA_REFUSED', { cause }))
      inquiry.giveUp('refused')
      return
    }
    failed(new InquiryClientError('ERR_KAFKA', { detail: 'an inquiry could not be sent', cause }))
    if (!inquiry.isSettled) this.#held.set(inquiry, message)
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined
      connected()
      this.#flush()
    }, PAUSE_MS)
  }
}

function isRefusal (error: unknown): boolean {
  let cause = error
  while (cause instanceof Error && cause.name !== 'KafkaJSProtocolError') cause = cause.cause
  return cause instanceof Error && REFUSALS.has((cause as Error & { type?: string }).type ?? '')
}
