import type { KafkaMessage, Producer } from 'kafkajs'
import type { Logger } from 'pino'
import type { Classification } from '../../openapi/index.ts'
import type { ClassifyClient } from '../classify/client.ts'
import type { AdapterConfig } from '../config.ts'
import { type Poison, deadlineOf, readInquiry } from '../consume/inquiry-record.ts'
import type { OwnedPartition } from '../consume/owned-partition.ts'
import type { AdapterMetrics } from '../metrics.ts'
import { deadLetterRecord, decisionRecord, lateAnswerRecord, traceHeadersOf, withoutOriginal } from '../produce/messages.ts'
import { RecordWriter } from '../produce/record-writer.ts'
import type { DecidedIds, KnownDecision } from './decided-ids.ts'
import { Dispatcher } from './dispatcher.ts'
import { type DeadLetter, type InFlightInquiry, type Verdict, detached, inFlightInquiry } from './in-flight.ts'

export interface InquiryFlowOptions {
  readonly config: Pick<AdapterConfig, 'INQUIRY_TIMEOUT_MS' | 'MAX_RECORD_BYTES' | 'CLASSIFY_CONCURRENCY' | 'INQUIRY_TOPIC' | 'RESULT_TOPIC' | 'LATE_TOPIC' | 'DEAD_LETTER_TOPIC'>
  readonly client: Pick<ClassifyClient, 'classify'>
  readonly producer: Pick<Producer, 'send'>
  readonly decided: DecidedIds
  /** Whether the partitions that we have are certainly still ours. */
  readonly mayWrite: () => boolean
  /** Produce requests that were put on the wire, see `RecordWriterOptions`. */
  readonly requestsSent?: () => number
  /** A record is done with: its partition has room again. */
  readonly settled: (partition: OwnedPartition) => void
  readonly metrics: AdapterMetrics
  readonly log: Logger
}

interface LateAnswer { readonly item: InFlightInquiry, readonly answer: Classification, readonly lateByMs: number }

/** Late answers are for statistics: of those that wait for Kafka no more than this many are kept. */
const MOST_LATE_ANSWERS = 1_000

const REFUSED_BEFORE: Poison = { code: 'ERR_REFUSED_BY_API', message: 'the API refused it before its record was read again' }

/**
 * The way of an inquiry: read, asked about, decided once, written, acknowledged. Each record ends as a decision, as a
 * dead letter, as both, or as the repetition of one that was decided before; only then it counts as done with.
 */
export class InquiryFlow {
  readonly #options: InquiryFlowOptions
  readonly #dispatcher: Dispatcher
  readonly #writers = new Map<number, RecordWriter<InFlightInquiry>>()
  readonly #deadLetters: RecordWriter<DeadLetter>
  readonly #lateAnswers: RecordWriter<LateAnswer>

  constructor (options: InquiryFlowOptions) {
    this.#options = options
    const { config, producer, log, metrics, client, requestsSent } = options
    this.#dispatcher = new Dispatcher({
      client,
      concurrency: config.CLASSIFY_CONCURRENCY,
      decide: (item, verdict) => this.#decide(item, verdict),
      refused: (item, code) => this.#refuse(item, code),
      overdue: item => this.#letOutOverdue(item),
      late: (item, answer, lateByMs) => this.#late({ item, answer, lateByMs }),
      traceHeaders: item => traceHeadersOf(item.record)
    })
    const failed = (topic: string) => () => metrics.produceFailed(topic)
    const admit = () => options.mayWrite() ? 'send' : 'hold'
    this.#deadLetters = new RecordWriter({
      producer,
      log,
      topic: config.DEAD_LETTER_TOPIC,
      requestsSent,
      admit,
      encode: ({ item, poison }) => deadLetterRecord(item, poison, config.INQUIRY_TOPIC),
      shorten: withoutOriginal,
      written: ({ item, poison }) => {
        metrics.deadLetter(poison.code)
        this.#acknowledge(item)
      },
      failed: failed(config.DEAD_LETTER_TOPIC)
    })
    this.#lateAnswers = new RecordWriter({
      producer,
      log,
      topic: config.LATE_TOPIC,
      requestsSent,
      admit,
      encode: ({ item, answer, lateByMs }) => lateAnswerRecord(item, answer, lateByMs),
      written: () => {},
      failed: failed(config.LATE_TOPIC)
    })
  }

  /** A record of a partition that is open. */
  take (partition: OwnedPartition, message: KafkaMessage): void {
    const { config, decided, metrics } = this.#options
    const entry = partition.window.add(Number(message.offset))
    const reading = readInquiry(message, config.MAX_RECORD_BYTES)
    const { id } = reading
    const known = id === undefined ? undefined : decided.get(id)
    const record = detached(message)
    const item = inFlightInquiry({ id, partition, record, entry, ...deadlineOf(message, config.INQUIRY_TIMEOUT_MS, Date.now()), inquiry: 'inquiry' in reading ? reading.inquiry : undefined })

    entry.resultOffset = resultOffsetIn(partition, known)
    if ('poison' in reading) {
      this.#bury(item, reading.poison)
      if (id === undefined || known || partition.inFlight.has(id)) return
    } else if (known) {
      const isReplay = known.sourcePartition === partition.number && known.sourceOffset === entry.offset
      metrics.repeated(isReplay ? 'replay' : 'duplicate')
      // It can be read and yet is invalid: the API refused it, and whether its dead letter was written is not known.
      if (isReplay && known.isInvalid) this.#bury(item, REFUSED_BEFORE)
      else this.#settle(item)
      return
    } else if (partition.inFlight.has(reading.id)) {
      metrics.repeated('duplicate')
      partition.inFlight.get(reading.id)!.repetitions.push(entry)
      return
    }
    partition.inFlight.set(id!, item)
    partition.order.add(item)
    item.awaited++
    const now = Date.now()
    if ('poison' in reading) this.#decide(item, { reason: 'invalid', decidedAt: now })
    else if (now >= item.deadline) this.#decide(item, { reason: 'timeout', decidedAt: now })
    else this.#dispatcher.add(item)
  }

  /** It became known what others decided for a partition before it came (back) here. */
  recovered (partition: OwnedPartition): void {
    for (const item of partition.inFlight.values()) {
      if (item.isSuperseded || item.entry.resultOffset !== undefined) continue // only its dead letter is not acknowledged
      const known = this.#options.decided.get(item.id!)
      if (!known && item.entry.offset >= partition.committedOffset) continue
      item.isSuperseded = true
      partition.order.forget(item)
      this.#options.metrics.repeated('replay')
      this.#acknowledge(item, resultOffsetIn(partition, known))
    }
    this.wake()
  }

  /** A partition went to another member, who decides what is in flight. */
  lost (partition: OwnedPartition): void {
    partition.lose()
    this.#dispatcher.remove(item => item.partition === partition)
    this.wake()
  }

  /** Writing may have become possible again. */
  wake (): void {
    for (const writer of this.#allWriters) writer.wake()
  }

  /** Ends after the requests in flight; what is not written then is left to a successor. */
  async close (): Promise<void> {
    this.#dispatcher.close()
    await Promise.all(this.#allWriters.map(async writer => await writer.close()))
  }

  get #allWriters (): Array<Pick<RecordWriter<unknown>, 'wake' | 'close'>> { return [...this.#writers.values(), this.#deadLetters, this.#lateAnswers] }

  #decide (item: InFlightInquiry, verdict: Verdict): void {
    if (item.isDecided) return
    item.verdict = verdict
    item.inquiry = undefined
    // Who has to wait for the one before it with the same key waits until its deadline at most.
    if (!item.partition.order.decided(item)) this.#dispatcher.add(item)
  }

  /** At its deadline a decision waits no longer. Those before it that are due as well go first. */
  #letOutOverdue (item: InFlightInquiry): void {
    const { order } = item.partition
    const now = Date.now()
    for (const earlier of order.before(item)) if (earlier.deadline <= now) this.#decide(earlier, { reason: 'timeout', decidedAt: now })
    if (!item.isLetOut) order.release(item)
  }

  /** The API will never accept it, although it matches the contract that we know. */
  #refuse (item: InFlightInquiry, code: string): void {
    if (item.isDecided) return
    this.#bury(item, { code: 'ERR_REFUSED_BY_API', message: `the API answers ${code}` })
    this.#decide(item, { reason: 'invalid', decidedAt: Date.now() })
  }

  #bury (item: InFlightInquiry, poison: Poison): void {
    item.awaited++
    this.#deadLetters.push({ item, poison })
  }

  /** Hands a decision to the writer of its partition of the result topic. */
  letOut (item: InFlightInquiry): void {
    item.isLetOut = true
    this.#writer(item.partition.resultPartition).push(item)
  }

  #writer (resultPartition: number): RecordWriter<InFlightInquiry> {
    const existing = this.#writers.get(resultPartition)
    if (existing) return existing
    const { producer, config: { RESULT_TOPIC: topic }, log, metrics, requestsSent } = this.#options
    const writer = new RecordWriter<InFlightInquiry>({
      producer,
      topic,
      partition: resultPartition,
      log,
      requestsSent,
      admit: item => this.#admit(item),
      encode: (item, mayBeWritten) => decisionRecord(item, this.#finalVerdict(item, mayBeWritten)),
      written: (item, offset) => this.#written(item, offset),
      failed: () => metrics.produceFailed(topic)
    })
    this.#writers.set(resultPartition, writer)
    return writer
  }

  #admit ({ partition, isSuperseded }: InFlightInquiry): 'send' | 'hold' | 'drop' {
    if (partition.state === 'lost' || isSuperseded) return 'drop'
    return partition.state === 'open' && this.#options.mayWrite() ? 'send' : 'hold'
  }

  /**
   * The verdict as it goes out. An answer that could not be sent by its deadline is late, unless an attempt to send
   * it may have succeeded: what may already be read is never contradicted.
   */
  #finalVerdict (item: InFlightInquiry, mayBeWritten: boolean): Verdict {
    const verdict = item.verdict!
    const now = Date.now()
    if (mayBeWritten || 'reason' in verdict || now < item.deadline) return verdict
    this.#late({ item, answer: verdict.answer, lateByMs: now - item.deadline })
    item.verdict = { reason: 'timeout', decidedAt: now }
    return item.verdict
  }

  #written (item: InFlightInquiry, offset: number | undefined): void {
    if (item.isSuperseded) return
    const { decided, metrics } = this.#options
    const verdict = item.verdict!
    if (offset !== undefined) decided.add(item.id!, { resultOffset: offset, sourcePartition: item.partition.number, sourceOffset: item.entry.offset, isInvalid: 'reason' in verdict && verdict.reason === 'invalid' })
    const { decision, reason } = 'answer' in verdict ? verdict.answer : { decision: 'manual' as const, reason: verdict.reason }
    const now = Date.now()
    metrics.decided({ decision, reason, slackSeconds: (item.deadline - now) / 1e3, seconds: (now - item.sentAt) / 1e3 })
    this.#acknowledge(item, offset)
  }

  #late (late: LateAnswer): void {
    this.#options.metrics.lateAnswer()
    if (this.#lateAnswers.size < MOST_LATE_ANSWERS) this.#lateAnswers.push(late)
  }

  #acknowledge (item: InFlightInquiry, resultOffset?: number): void {
    // Known at once, also while the dead letter is awaited: a successor must find the decision.
    item.entry.resultOffset ??= resultOffset
    if (--item.awaited === 0) this.#settle(item)
  }

  #settle ({ id, partition, entry, repetitions }: InFlightInquiry): void {
    for (const repetition of repetitions) repetition.resultOffset = entry.resultOffset
    for (const each of [entry, ...repetitions]) partition.window.settle(each)
    if (id !== undefined && partition.inFlight.get(id)?.entry === entry) partition.inFlight.delete(id)
    this.#options.settled(partition)
  }
}

/** Where a result is counts for the progress of the partition of its own record, and for no other's. */
function resultOffsetIn ({ number }: OwnedPartition, known: KnownDecision | undefined): number | undefined {
  return known?.sourcePartition === number ? known.resultOffset : undefined
}
