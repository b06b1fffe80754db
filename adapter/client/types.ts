import type { IHeaders, KafkaConfig } from 'kafkajs'
import type { DecisionMessage, InquiryMessage } from '../../openapi/index.ts'
import type { InquiryClientError } from './errors.ts'
import type { Fallback } from './fallback.ts'
import type { KafkaClient } from './kafka.ts'

export interface InquiryClientOptions {
  /**
   * Where Kafka is: `brokers`, `ssl`, `sasl` and whatever else kafkajs takes, over defaults that suit a deadline; or a
   * `Kafka` that the app made, used as it is.
   */
  readonly kafka: KafkaConfig | KafkaClient
  /** How long `classify` waits for a decision before it answers `manual` itself, in milliseconds. @default 10000 */
  readonly timeoutMs?: number
  /**
   * How much of that is kept for the way back, in milliseconds: the adapter is asked to decide this much earlier, so
   * that its decision, a timeout included, still arrives. At most half of the timeout. @default 250
   */
  readonly transitMs?: number
  /** Calls that may wait at once; one more is answered `manual` at once. @default 10000 */
  readonly maxPending?: number
  /** How long `stop` waits for Kafka's connections to close, in milliseconds. @default 5000 */
  readonly stopTimeoutMs?: number
  /** @default 'inquiries' */
  readonly inquiryTopic?: string
  /** @default 'inquiry-classes' */
  readonly resultTopic?: string
  /** Each client reads all results, in a consumer group of its own: this and a random id. @default 'inquiry-client-' */
  readonly groupIdPrefix?: string
  /** How values are written and read. @default JSON */
  readonly codec?: Codec
  /** Told of what goes wrong behind `classify`; it goes on by itself. Called often while Kafka is away. @default nothing */
  readonly onError?: (error: InquiryClientError) => void
}

/** How an inquiry becomes the value of a record, and the value of a result a decision. Both may be async. */
export interface Codec {
  encodeInquiry (inquiry: InquiryMessage): Buffer | Promise<Buffer>
  /** Throws at a value that it cannot read; what it returns is checked against the contract. */
  decodeDecision (value: Buffer): DecisionMessage | Promise<DecisionMessage>
}

export interface ClassifyOptions {
  /** Instead of the client's; 0 or less is already too late. In milliseconds. */
  readonly timeoutMs?: number
  /** Stops waiting: the answer is then `manual` at once. */
  readonly signal?: AbortSignal
  /** The record's key. @default the inquiry's id */
  readonly key?: string
  /** More headers of the record, as `traceparent`. `deadline` is the client's. */
  readonly headers?: IHeaders
}

/** The decision on an inquiry, and who made it. */
export type Decision = DecisionMessage & {
  /** `client`: nothing was heard in time, and this library decided. */
  readonly source: 'adapter' | 'client'
  /** How far the inquiry had come when this library decided; null when the adapter did. */
  readonly fallback: Fallback | null
}

export interface InquiryClient {
  /** Connects in the background, again and again until `stop`; `classify` and `ready` do it too. */
  start (): void
  /**
   * Sends an inquiry and waits for the first decision on it, for at most the timeout.
   *
   * It never fails because of what is broken elsewhere: the answer is `manual` then. It rejects with an
   * `InquiryClientError` for what the caller did: `ERR_INVALID_INQUIRY` (see `fields`), `ERR_INVALID_OPTIONS`,
   * `ERR_CLIENT_STOPPED`. A call with an id that is already waited for sends nothing and waits for the same decision,
   * by a timer of its own.
   */
  classify (inquiry: InquiryMessage, options?: ClassifyOptions): Promise<Decision>
  /** Whether Kafka was reachable a moment ago: no record has just failed to be sent, and results are being read. */
  readonly connected: boolean
  /** Waits until `connected`, at most this long. @returns whether it is */
  ready (timeoutMs: number): Promise<boolean>
  /** Calls of `classify` that wait. */
  readonly pending: number
  /** Results that could not be read and were passed over. */
  readonly malformed: number
  /** Answers everything that waits with `manual` and closes the connections. Never rejects; a second call waits for the first. */
  stop (): Promise<void>
}
