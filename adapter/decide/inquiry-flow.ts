import type { KafkaMessage, Producer } from 'kafkajs'
import type { Logger } from 'pino'
import type { ClassifyClient } from '../classify/client.ts'
import type { AdapterConfig } from '../config.ts'
import type { Poison } from '../consume/inquiry-record.ts'
import type { OwnedPartition } from '../consume/owned-partition.ts'
import { readRecord } from '../consume/read-record.ts'
import type { AdapterMetrics } from '../metrics.ts'
import { traceHeadersOf } from '../produce/messages.ts'
import type { DecidedIds, KnownDecision } from './decided-ids.ts'
import { Dispatcher } from './dispatcher.ts'
import { type InFlightInquiry, type Verdict, inFlightInquiry } from './in-flight.ts'
import { type LateAnswer, Outbox } from './outbox.ts'

export interface InquiryFlowOptions {
  readonly config: Pick<AdapterConfig, 'INQUIRY_TIMEOUT_MS' | 'MAX_RECORD_BYTES' | 'CLASSIFY_CONCURRENCY' | 'INQUIRY_TOPIC' | 'RESULT_TOPIC' | 'LATE_TOPIC' | 'DEAD_LETTER_TOPIC'>
  readonly client: Pick<ClassifyClient, 'classify'>
  readonly producer: Pick<Producer, 'send'>
  /** For all but decisions, so that these are not held up by other topics. @default the same */
  readonly sideProducer?: Pick<Producer, 'send'>
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

const REFUSED_BEFORE: Poison = { code: 'ERR_REFUSED_BY_API', message: 'the API refused it before its record was read again' }

/**
 * The way of an inquiry: read, asked about, decided once, written, acknowledged. Each record ends as a decision, as a
 * dead letter, as both, or as the repetition of one that was decided before; only then it counts as done with.
 */
export class InquiryFlow {
  readonly #options: InquiryFlowOptions
  readonly #dispatcher: Dispatcher
  readonly #outbox: Outbox

  constructor (options: InquiryFlowOptions) {
    this.#options = options
    const { config, client, metrics } = options
    this.#dispatcher = new Dispatcher({
      client,
      concurrency: config.CLASSIFY_CONCURRENCY,
      decide: (item, verdict) => this.#decide(item, verdict),
      refused: (item, code) => this.#refuse(item, code),
      overdue: item => this.#letOutOverdue(item),
      late: (item, answer, lateByMs) => this.#late({ item, answer, lateByMs }),
      traceHeaders: item => traceHeadersOf(item.record)
    })
    this.#outbox = new Outbox({
      ...options,
      requestsSent: options.requestsSent,
      verdictOf: (item, mayBeWritten) => this.#finalVerdict(item, mayBeWritten),
      decisionWritten: (item, offset) => this.#written(item, offset),
      deadLetterWritten: ({ item, poison }) => {
        metrics.deadLetter(poison.code)
        this.#acknowledge(item)
      }
    })
  }

  /** A record of a partition that is open. */
  take (partition: OwnedPartition, message: KafkaMessage): void {
    const { config, decided, metrics, log } = this.#options
    const entry = partition.window.add(Number(message.offset))
    const { reading, ...fields } = readRecord(message, { maxBytes: config.MAX_RECORD_BYTES, timeoutMs: config.INQUIRY_TIMEOUT_MS, log })
    const { id } = reading
    const known = id === undefined ? undefined : decided.get(id)
    const item = inFlightInquiry({ id, partition, entry, ...fields, inquiry: 'inquiry' in reading ? reading.inquiry : undefined })

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
  wake (): void { this.#outbox.wake() }

  /** Asks about nothing more; what waits for the API is left to a successor, or decided at its deadline. */
  drain (): void { this.#dispatcher.drain() }

  /** Whether something is with the API or on its way to Kafka: it will soon be decided, and need not be anew. */
  get isBusy (): boolean { return this.#dispatcher.asking > 0 || this.#outbox.size > 0 }

  /** Ends after the requests in flight; what is not written then is left to a successor. */
  async close (): Promise<void> {
    this.#dispatcher.close()
    await this.#outbox.close()
  }

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
    this.#outbox.bury({ item, poison })
  }

  /** Hands a decision to the writer of its partition of the result topic. */
  letOut (item: InFlightInquiry): void {
    item.isLetOut = true
    this.#outbox.decide(item)
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
    this.#outbox.late(late)
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
