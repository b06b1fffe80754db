import { setTimeout as sleep } from 'node:timers/promises'
import { createInquiryClient, type Decision, type InquiryClient } from '../../adapter/client/index.ts'
import type { AdapterConfig } from '../../adapter/config.ts'
import type { Sample } from './samples.ts'
import { connectionOf } from './topics.ts'

export interface AppOptions {
  readonly config: AdapterConfig
  readonly samples: Iterator<Sample, never>
  /** Sets the names of this run apart. */
  readonly run: string
  readonly onSent: () => void
  readonly onDecision: (decision: Decision, sample: Sample, milliseconds: number) => void
  /** Told once for each time that something goes wrong for a while. */
  readonly tell: (line: string) => void
}

const STOP_LIMIT_MS = 2_000
/** Errors that are less apart belong to one outage. */
const OUTAGE_GAP_MS = 15_000

/** The app on the other side of Kafka: sends inquiries by the client library and waits for each decision. */
export class App {
  readonly #options: AppOptions
  readonly #client: InquiryClient
  readonly #poison = new Map<string, Buffer>()
  #lastErrorAt = -Infinity
  #isStopping = false

  constructor (options: AppOptions) {
    const { config, run } = options
    this.#options = options
    this.#client = createInquiryClient({
      kafka: { clientId: 'inquiry-demo', ...connectionOf(config) },
      timeoutMs: config.INQUIRY_TIMEOUT_MS,
      stopTimeoutMs: STOP_LIMIT_MS,
      inquiryTopic: config.INQUIRY_TOPIC,
      resultTopic: config.RESULT_TOPIC,
      groupIdPrefix: `inquiry-demo-${run}.app-`,
      codec: {
        // A codec that breaks some: as if another app wrote to the topic too.
        encodeInquiry: inquiry => this.#poison.get(inquiry.id) ?? Buffer.from(JSON.stringify(inquiry)),
        decodeDecision: value => JSON.parse(value.toString())
      },
      onError: error => this.#report(error.message)
    })
  }

  /** @throws when Kafka cannot be reached within the limit */
  async connect (limitMs: number): Promise<void> {
    if (!await this.#client.ready(limitMs)) throw new Error(`The app could not reach Kafka within ${limitMs / 1e3} s`)
  }

  /** Sends `count` inquiries at a steady rate and waits until each is decided. */
  async run ({ rate, count, signal }: { rate: number, count: number, signal: AbortSignal }): Promise<void> {
    const startedAt = performance.now()
    const decided: Array<Promise<void>> = []
    for (let number = 0; number < count; number++) {
      await sleep(startedAt + number / rate * 1e3 - performance.now(), undefined, { signal })
      const decision = this.#send(this.#options.samples.next().value, signal)
      if (count < Infinity) decided.push(decision)
    }
    await Promise.all(decided)
  }

  async stop (): Promise<void> {
    this.#isStopping = true
    await this.#client.stop()
  }

  async #send (sample: Sample, signal: AbortSignal): Promise<void> {
    const { onSent, onDecision } = this.#options
    const { inquiry: { id }, poison } = sample
    if (poison) this.#poison.set(id, poison)
    const sentAt = performance.now()
    onSent()
    const decision = await this.#client.classify(sample.inquiry)
    this.#poison.delete(id)
    if (!signal.aborted) onDecision(decision, sample, performance.now() - sentAt)
  }

  #report (message: string): void {
    const now = performance.now()
    if (now - this.#lastErrorAt > OUTAGE_GAP_MS && !this.#isStopping) this.#options.tell(`The app's library: ${message}`)
    this.#lastErrorAt = now
  }
}
