import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, KafkaMessage, SeekEntry } from 'kafkajs'
import type { Logger } from 'pino'
import type { DecidedIds } from '../decide/decided-ids.ts'
import { headerText } from './inquiry-record.ts'
import { resultPartitionOf } from './co-partition-assigner.ts'
import type { GroupMember } from './group-member.ts'
import type { FoundDecisions, Progress } from './partition-window.ts'

export interface ResultsTailOptions {
  readonly admin: Pick<Admin, 'connect' | 'disconnect' | 'fetchOffsets' | 'fetchTopicOffsets'>
  readonly member: Pick<GroupMember, 'seek' | 'pause' | 'resume'>
  readonly groupId: string
  readonly inquiryTopic: string
  readonly resultTopic: string
  readonly decided: DecidedIds
  /** How many results to read where no commit says from where on. */
  readonly fallbackResults: number
  /** A record had been decided before, by another result. */
  readonly duplicate: () => void
  readonly log: Logger
}

/** What is known of a partition once the results before its assignment were read. */
export interface Recovered {
  readonly resultPartition: number
  /** The next result of this partition will be at this offset or later. */
  readonly resultsFrom: number
  /** Committed offset of the inquiry topic; undefined when there is none. */
  readonly offset: number | undefined
  readonly found: FoundDecisions
}

interface Start { readonly from: number, readonly offset: number | undefined }

/** What is to be read of a partition of the result topic, and for which partitions of the inquiry topic. */
interface Range { readonly from: number, readonly until: number, readonly partitions: ReadonlyArray<Start & { readonly partition: number }> }

interface Target { readonly until: number, readonly reached: () => void }

/**
 * A request that the previous owner had on the wire when it lost the partition has this long to arrive before the end
 * of the results is looked up.
 */
const SETTLE_MS = 250
/** Reading that makes no progress starts over. */
const STALLED_MS = 15_000
const RETRY_MS = 500

/**
 * Finds the decisions that were made before a partition came here and are not committed yet, so that none is made
 * twice. Each commit says in its metadata from which offset of the results topic on they are; from there to the end
 * the results are read.
 */
export class ResultsTail {
  readonly #options: ResultsTailOptions
  readonly #targets = new Map<number, Target>()
  /** Of each partition of the inquiry topic, the last record whose decision was read. */
  readonly #lastRecords = new Map<number, number>()
  /** Of each partition of the result topic, the offset of the last decision that was read. */
  readonly #lastResults = new Map<number, number>()
  #watchdog: NodeJS.Timeout | undefined

  constructor (options: ResultsTailOptions) {
    this.#options = options
  }

  /**
   * Reads what was decided for these partitions; tries until it succeeds or is aborted.
   * @param recovered told of each partition as soon as its results are read, however long the others take
   * @throws the abort's reason
   */
  async read (partitions: number[], signal: AbortSignal, recovered: (partition: number, found: Recovered) => void): Promise<void> {
    const missing = new Set(partitions)
    await sleep(SETTLE_MS, undefined, { signal })
    for (;;) {
      try {
        await this.#readWatched([...missing], signal, (partition, found) => {
          missing.delete(partition)
          recovered(partition, found)
        })
        return
      } catch (err) {
        signal.throwIfAborted()
        this.#options.log.warn({ err, partitions: [...missing] }, 'could not read the decisions made before; trying again')
        await sleep(RETRY_MS, undefined, { signal })
        await this.#renewMetadata(signal)
      }
    }
  }

  /**
   * kafkajs's admin keeps what it knows of leaders for five minutes, whatever the brokers answer: where one moved and the
   * old one lives, it would ask that one again each time. Only a new connection makes it look.
   */
  async #renewMetadata (signal: AbortSignal): Promise<void> {
    const { admin, log } = this.#options
    try {
      await admin.disconnect()
      signal.throwIfAborted()
      await admin.connect()
    } catch (err) {
      signal.throwIfAborted()
      log.debug({ err }, 'could not connect anew') // the next attempt says so
    }
  }

  /** A record of the results topic. */
  onResult (message: KafkaMessage, resultPartition: number): void {
    const decision = decisionIn(message)
    if (decision === undefined) return
    const { decided, duplicate } = this.#options
    const resultOffset = Number(message.offset)
    const sourcePartition = numberIn(message, 'source-partition')
    const sourceOffset = numberIn(message, 'source-offset')
    const known = decided.get(decision.id)
    const isOfSameRecord = known?.sourcePartition === sourcePartition && known.sourceOffset === sourceOffset
    if (isOfSameRecord && known.resultOffset !== resultOffset && resultOffset > (this.#lastResults.get(resultPartition) ?? -1)) duplicate()
    decided.add(decision.id, { resultOffset, sourcePartition, sourceOffset, isInvalid: decision.reason === 'invalid' })
    this.#lastRecords.set(sourcePartition, Math.max(sourceOffset, this.#lastRecords.get(sourcePartition) ?? -1))
    this.#lastResults.set(resultPartition, Math.max(resultOffset, this.#lastResults.get(resultPartition) ?? -1))
  }

  /** The results of a partition were read up to here. */
  onRead (resultPartition: number, nextOffset: number): void {
    this.#watchdog?.refresh()
    const target = this.#targets.get(resultPartition)
    if (target && nextOffset >= target.until) target.reached()
  }

  async #readWatched (partitions: number[], signal: AbortSignal, recovered: (partition: number, found: Recovered) => void): Promise<void> {
    const stalled = new AbortController()
    const watchdog = setTimeout(() => stalled.abort(new Error('reading the results makes no progress')), STALLED_MS)
    this.#watchdog = watchdog
    try {
      await this.#read(partitions, AbortSignal.any([signal, stalled.signal]), recovered)
    } finally {
      clearTimeout(watchdog)
    }
  }

  async #read (partitions: number[], signal: AbortSignal, tell: (partition: number, found: Recovered) => void): Promise<void> {
    const { admin, groupId, inquiryTopic, resultTopic, log } = this.#options
    const [committed, ends] = await Promise.all([
      admin.fetchOffsets({ groupId, topics: [inquiryTopic] }),
      admin.fetchTopicOffsets(resultTopic)
    ])
    signal.throwIfAborted()
    const positions = new Map(committed.flatMap(({ partitions }) => partitions).map(({ partition, offset, metadata }) => [partition, { offset: Number(offset), metadata }]))
    const ranges = new Map<number, Range>()
    for (const partition of partitions) {
      const end = ends.find(end => end.partition === resultPartitionOf(partition, ends.length))!
      const range = ranges.get(end.partition) ?? { from: Infinity, until: Number(end.high), partitions: [] }
      const start = this.#startOf(end, positions.get(partition))
      ranges.set(end.partition, { ...range, from: Math.min(range.from, start.from), partitions: [...range.partitions, { partition, ...start }] })
    }
    log.debug({ results: [...ranges] }, 'reading the decisions made before')
    await Promise.all([...ranges].map(async ([resultPartition, range]) => {
      await this.#readRange(resultPartition, range, signal)
      for (const { partition, offset, from } of range.partitions) {
        tell(partition, { resultPartition, resultsFrom: range.until, offset, found: { from, lastRecord: this.#lastRecords.get(partition) ?? -1 } })
      }
    }))
  }

  /** From where on the decisions of a partition are to be read, and where it is committed. */
  #startOf ({ partition: resultPartition, low, high }: SeekEntry & { high: string, low: string }, { offset, metadata }: { offset: number, metadata: string | null } = { offset: -1, metadata: null }): Start {
    const noted = offset < 0 ? undefined : parseMetadata(metadata, resultPartition)
    const from = Math.max(Number(low), Math.min(noted ?? Number(high) - this.#options.fallbackResults, Number(high)))
    return { from, offset: offset < 0 ? undefined : offset }
  }

  async #readRange (partition: number, { from, until }: Range, signal: AbortSignal): Promise<void> {
    if (from >= until) return
    const { member, resultTopic } = this.#options
    const { promise, resolve, reject } = withResolvers()
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#targets.set(partition, { until, reached: resolve })
    try {
      member.seek(resultTopic, partition, from)
      member.resume(resultTopic, [partition])
      await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#targets.delete(partition)
      member.pause(resultTopic, [partition])
    }
  }
}

/** The note of a commit: the result partition, and from where on results of uncommitted records may be in it. */
export function metadataOf ({ resultsFrom }: Progress, resultPartition: number): string {
  return `results=${resultPartition}:${resultsFrom}`
}

/** @returns undefined for a note of another kind, or of when the results went elsewhere */
export function parseMetadata (metadata: string | null, resultPartition: number): number | undefined {
  const [, partition, offset] = /^results=(\d+):(\d+)$/.exec(metadata ?? '') ?? []
  return Number(partition) === resultPartition ? Number(offset) : undefined
}

/** A number in a header; -1 where there is none. */
function numberIn ({ headers }: KafkaMessage, name: string): number {
  const text = headerText(headers, name)
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : -1
}

function decisionIn ({ value }: KafkaMessage): { id: string, reason: unknown } | undefined {
  try {
    const { id, reason } = JSON.parse(String(value)) as { id?: unknown, reason?: unknown }
    return typeof id === 'string' ? { id, reason } : undefined
  } catch {
    return undefined // not a decision: readers of this topic ignore it as well
  }
}

function withResolvers (): { promise: Promise<void>, resolve: () => void, reject: (reason: unknown) => void } {
  let resolve!: () => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<void>((_resolve, _reject) => { resolve = _resolve; reject = _reject })
  return { promise, resolve, reject }
}
