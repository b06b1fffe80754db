import type { Message } from 'kafkajs'
import type { InquiryMessage } from '../../openapi/index.ts'
import { checkInquiry, jsonCodec } from './codec.ts'
import { DecisionListener } from './decision-listener.ts'
import { InquiryClientError } from './errors.ts'
import { manualDecision } from './fallback.ts'
import { InquirySender } from './inquiry-sender.ts'
import { kafkaFrom } from './kafka.ts'
import { PendingInquiries, type PendingInquiry } from './pending.ts'
import type { ClassifyOptions, Codec, Decision, InquiryClient, InquiryClientOptions } from './types.ts'

/** The longest that Node's timers know. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * The app's side of the inquiry topics: sends an inquiry, gives back the first decision on it, and decides `manual`
 * itself when none comes in time, whatever is broken on the other side of this call.
 * @throws ERR_INVALID_OPTIONS
 */
export function createInquiryClient (options: InquiryClientOptions): InquiryClient {
  return new KafkaInquiryClient(options)
}

class KafkaInquiryClient implements InquiryClient {
  readonly #timeoutMs: number
  readonly #transitMs: number
  readonly #maxPending: number
  readonly #stopTimeoutMs: number
  readonly #codec: Codec
  readonly #onError: (error: InquiryClientError) => void
  readonly #lifetime = new AbortController()
  readonly #pending = new PendingInquiries(inquiry => this.#sender.forget(inquiry))
  readonly #sender: InquirySender
  readonly #listener: DecisionListener
  /** Calls of `ready` that wait. */
  readonly #watchers = new Set<() => void>()
  #isStarted = false
  #stopping: Promise<void> | undefined

  constructor (options: InquiryClientOptions) {
    this.#timeoutMs = limit('timeoutMs', options.timeoutMs ?? 10_000)
    this.#transitMs = limit('transitMs', options.transitMs ?? 250)
    this.#maxPending = limit('maxPending', options.maxPending ?? 10_000)
    this.#stopTimeoutMs = limit('stopTimeoutMs', options.stopTimeoutMs ?? 5_000)
    this.#codec = options.codec ?? jsonCodec
    this.#onError = options.onError ?? (() => {})
    const common = {
      kafka: kafkaFrom(options.kafka),
      signal: this.#lifetime.signal,
      failed: (error: InquiryClientError) => this.#report(error)
    }
    this.#sender = new InquirySender({ ...common, topic: options.inquiryTopic ?? 'inquiries', connected: () => this.#tellWatchers() })
    this.#listener = new DecisionListener({
      ...common,
      topic: options.resultTopic ?? 'inquiry-classes',
      groupIdPrefix: options.groupIdPrefix ?? 'inquiry-client-',
      codec: this.#codec,
      heard: () => this.#tellWatchers(),
      decided: decision => this.#pending.get(decision.id)?.decide(decision)
    })
  }

  get #isStopped (): boolean { return this.#lifetime.signal.aborted }

  get connected (): boolean { return !this.#isStopped && this.#sender.isConnected && this.#listener.isListening }
  get pending (): number { return this.#pending.size }
  get malformed (): number { return this.#listener.malformed }

  start (): void {
    if (this.#isStarted || this.#isStopped) return
    this.#isStarted = true
    this.#sender.start(this.#listener.start())
  }

  async classify (inquiry: InquiryMessage, options: ClassifyOptions = {}): Promise<Decision> {
    if (this.#isStopped) throw new InquiryClientError('ERR_CLIENT_STOPPED')
    checkInquiry(inquiry)
    const timeoutMs = Math.min(options.timeoutMs ?? this.#timeoutMs, MAX_TIMEOUT_MS)
    if (Number.isNaN(timeoutMs)) throw new InquiryClientError('ERR_INVALID_OPTIONS', { detail: 'timeoutMs is not a number' })

    const now = Date.now()
    const decideNow = (fallback: 'aborted' | 'not_sent' | 'overloaded') => manualDecision({ id: inquiry.id, deadline: now + Math.max(timeoutMs, 0), fallback })
    if (options.signal?.aborted) return decideNow('aborted')
    if (timeoutMs <= 0) return decideNow('not_sent')
    if (this.#pending.size >= this.#maxPending) return decideNow('overloaded')

    this.start()
    const { inquiry: pending, isNew, decision } = this.#pending.wait(inquiry.id, timeoutMs, options.signal)
    if (isNew) {
      this.#send(pending, inquiry, {
        key: options.key ?? inquiry.id,
        timestamp: String(now),
        headers: { ...options.headers, deadline: String(Math.floor(now + timeoutMs - Math.min(this.#transitMs, timeoutMs / 2))) }
      })
    }
    return await decision
  }

  async ready (timeoutMs: number): Promise<boolean> {
    this.start()
    if (this.connected || this.#isStopped) return this.connected
    return await new Promise(resolve => {
      const finish = () => {
        clearTimeout(timer)
        this.#watchers.delete(finish)
        resolve(this.connected)
      }
      const timer = setTimeout(finish, Math.min(timeoutMs, MAX_TIMEOUT_MS))
      this.#watchers.add(finish)
    })
  }

  async stop (): Promise<void> {
    this.#stopping ??= this.#close()
    await this.#stopping
  }

  async #close (): Promise<void> {
    this.#lifetime.abort()
    this.#pending.giveUpAll('stopped')
    this.#tellWatchers()
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>(resolve => { timer = setTimeout(resolve, this.#stopTimeoutMs) })
    await Promise.race([Promise.all([this.#sender.close(), this.#listener.close()]), timeout])
    clearTimeout(timer)
  }

  async #send (pending: PendingInquiry, inquiry: InquiryMessage, message: Omit<Message, 'value'>): Promise<void> {
    try {
      const value = await this.#codec.encodeInquiry(inquiry)
      if (!pending.isSettled) this.#sender.send(pending, { ...message, value })
    } catch (cause) {
      this.#report(new InquiryClientError('ERR_CODEC', { cause }))
      pending.giveUp('refused')
    }
  }

  #tellWatchers (): void {
    if (this.connected || this.#isStopped) for (const finish of [...this.#watchers]) finish()
  }

  #report (error: InquiryClientError): void {
    try {
      this.#onError(error)
    } catch {} // the app's own affair; a decision must not be lost over it
  }
}

function limit (name: string, value: number): number {
  if (!(value >= 0 && value <= MAX_TIMEOUT_MS)) throw new InquiryClientError('ERR_INVALID_OPTIONS', { detail: `${name} must be a number from 0 to ${MAX_TIMEOUT_MS}` })
  return value
}
