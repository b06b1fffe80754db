import type { Producer } from 'kafkajs'
import type { Logger } from 'pino'
import type { Classification } from '../../openapi/index.ts'
import type { AdapterConfig } from '../config.ts'
import type { AdapterMetrics } from '../metrics.ts'
import { deadLetterRecord, decisionRecord, lateAnswerRecord, withoutHeaders, withoutOriginal } from '../produce/messages.ts'
import { RecordWriter } from '../produce/record-writer.ts'
import type { DeadLetter, InFlightInquiry, Verdict } from './in-flight.ts'

export interface OutboxOptions {
  readonly config: Pick<AdapterConfig, 'INQUIRY_TOPIC' | 'RESULT_TOPIC' | 'LATE_TOPIC' | 'DEAD_LETTER_TOPIC'>
  readonly producer: Pick<Producer, 'send'>
  /**
   * For dead letters and late answers: a kafkajs producer sends nothing while any partition of any topic that it wrote to has
   * no leader. @default the same
   */
  readonly sideProducer?: Pick<Producer, 'send'> | undefined
  /** Whether the partitions that we have are certainly still ours. */
  readonly mayWrite: () => boolean
  /** See `RecordWriterOptions`. */
  readonly requestsSent: (() => number) | undefined
  /** The verdict as it goes out, see `RecordWriterOptions.encode`. */
  readonly verdictOf: (item: InFlightInquiry, mayBeWritten: boolean) => Verdict
  readonly decisionWritten: (item: InFlightInquiry, offset: number | undefined) => void
  readonly deadLetterWritten: (deadLetter: DeadLetter) => void
  readonly metrics: Pick<AdapterMetrics, 'produceFailed'>
  readonly log: Logger
}

/** An answer that came after its inquiry had been decided without it. */
export interface LateAnswer { readonly item: InFlightInquiry, readonly answer: Classification, readonly lateByMs: number }

/** Late answers are for statistics: of those that wait for Kafka no more than this many are kept. */
const MOST_LATE_ANSWERS = 1_000

/** What goes to Kafka: a writer for each partition of the result topic, one for dead letters and one for late answers. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #decisions = new Map<number, RecordWriter<InFlightInquiry>>()
  readonly #deadLetters: RecordWriter<DeadLetter>
  readonly #lateAnswers: RecordWriter<LateAnswer>

  constructor (options: OutboxOptions) {
    this.#options = options
    const { config, mayWrite, deadLetterWritten, producer, sideProducer = producer } = options
    const admit = () => mayWrite() ? 'send' : 'hold'
    this.#deadLetters = new RecordWriter({
      ...this.#common(config.DEAD_LETTER_TOPIC, sideProducer),
      admit,
      encode: ({ item, poison }) => deadLetterRecord(item, poison, config.INQUIRY_TOPIC),
      shorten: (message, why) => why === 'too_large' ? withoutOriginal(message) : withoutHeaders(message),
      written: deadLetterWritten
    })
    this.#lateAnswers = new RecordWriter({
      ...this.#common(config.LATE_TOPIC, sideProducer),
      admit,
      encode: ({ item, answer, lateByMs }) => lateAnswerRecord(item, answer, lateByMs),
      written: () => {}
    })
  }

  /** Records that are not acknowledged yet, but for late answers. */
  get size (): number { return [...this.#decisions.values(), this.#deadLetters].reduce((sum, { size }) => sum + size, 0) }

  decide (item: InFlightInquiry): void { this.#writerFor(item.partition.resultPartition).push(item) }

  bury (deadLetter: DeadLetter): void { this.#deadLetters.push(deadLetter) }

  late (late: LateAnswer): void { if (this.#lateAnswers.size < MOST_LATE_ANSWERS) this.#lateAnswers.push(late) }

  /** Writing may have become possible again. */
  wake (): void {
    for (const writer of this.#all) writer.wake()
  }

  /** Ends after the requests in flight. */
  async close (): Promise<void> {
    await Promise.all(this.#all.map(async writer => await writer.close()))
  }

  get #all (): Array<Pick<RecordWriter<unknown>, 'wake' | 'close'>> { return [...this.#decisions.values(), this.#deadLetters, this.#lateAnswers] }

  #writerFor (resultPartition: number): RecordWriter<InFlightInquiry> {
    const existing = this.#decisions.get(resultPartition)
    if (existing) return existing
    const { config, producer, verdictOf, decisionWritten } = this.#options
    const writer = new RecordWriter<InFlightInquiry>({
      ...this.#common(config.RESULT_TOPIC, producer),
      partition: resultPartition,
      admit: item => this.#admit(item),
      encode: (item, mayBeWritten) => decisionRecord(item, verdictOf(item, mayBeWritten)),
      written: decisionWritten
    })
    this.#decisions.set(resultPartition, writer)
    return writer
  }

  #admit ({ partition, isSuperseded }: InFlightInquiry): 'send' | 'hold' | 'drop' {
    if (partition.state === 'lost' || isSuperseded) return 'drop'
    return partition.state === 'open' && this.#options.mayWrite() ? 'send' : 'hold'
  }

  #common (topic: string, producer: Pick<Producer, 'send'>) {
    const { log, requestsSent, metrics } = this.#options
    return { producer, log, topic, requestsSent, failed: () => metrics.produceFailed(topic) }
  }
}
