import type { KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import type { KnownDecision } from '../decide/decided-ids.ts'
import type { InFlightInquiry } from '../decide/in-flight.ts'
import type { InquiryFlow } from '../decide/inquiry-flow.ts'
import type { GroupMember } from './group-member.ts'
import { OwnedPartition } from './owned-partition.ts'
import type { Recovered, ResultsTail } from './results-tail.ts'

export interface AssignmentsOptions {
  readonly member: Pick<GroupMember, 'pause' | 'resume'>
  readonly flow: Pick<InquiryFlow, 'take' | 'recovered' | 'lost' | 'letOut' | 'wake'>
  readonly tail: Pick<ResultsTail, 'read'>
  readonly inquiryTopic: string
  /** Most records that are read and not committed, shared evenly by the partitions so that none takes another's room. */
  readonly maxInFlight: number
  /** Commits, if possible at once: a partition needs room. */
  readonly commitSoon: () => void
  readonly log: Logger
}

/** The partitions that this member has: which are open, which are full, which still have to learn what was decided before. */
export class Assignments {
  readonly #options: AssignmentsOptions
  readonly #partitions = new Map<number, OwnedPartition>()
  #recovery = new AbortController()
  #isDraining = false

  constructor (options: AssignmentsOptions) {
    this.#options = options
  }

  get partitions (): OwnedPartition[] { return [...this.#partitions.values()] }

  /** Records that were read and are not committed. */
  get inFlight (): number { return this.partitions.reduce((sum, { size }) => sum + size, 0) }

  /**
   * The group gave us these partitions. What was in flight on those that stay goes on; they are read on at once where
   * nobody else can have had them meanwhile.
   */
  assign (numbers: number[], isContinuous: boolean): void {
    const { flow } = this.#options
    this.#recovery.abort()
    this.#recovery = new AbortController()
    const { signal } = this.#recovery
    for (const [number, partition] of this.#partitions) {
      if (numbers.includes(number)) continue
      flow.lost(partition)
      this.#partitions.delete(number)
    }
    const toRecover: number[] = []
    for (const number of numbers) {
      const partition = this.#partitions.get(number) ?? new OwnedPartition(number, (item: InFlightInquiry) => flow.letOut(item))
      this.#partitions.set(number, partition)
      if (isContinuous && partition.state === 'open') continue
      partition.recover()
      toRecover.push(number)
    }
    flow.wake()
    for (const partition of this.#partitions.values()) this.#readOn(partition)
    this.#recover(toRecover, signal)
  }

  #recover (numbers: number[], signal: AbortSignal): void {
    const { tail, log } = this.#options
    if (numbers.length === 0) return
    const open = (number: number, found: Recovered) => { if (!signal.aborted) this.#open(this.#partitions.get(number)!, found) }
    tail.read(numbers, signal, open).then(() => {
      if (!signal.aborted) log.info({ partitions: numbers }, 'partitions are open')
    }, err => {
      if (!signal.aborted) log.error({ err }, 'could not open the partitions')
    })
  }

  /**
   * @param end of the partition when the record was fetched
   * @returns whether the record was taken over
   */
  take (number: number, message: KafkaMessage, end: number): boolean {
    const partition = this.#partitions.get(number)
    if (partition?.state !== 'open' || this.#isDraining) return false
    if (end < partition.committedOffset || (end <= partition.lastOffset && Number(message.offset) < partition.committedOffset)) {
      this.#beginAnew(partition, end)
      return false
    }
    partition.highWatermark = end
    if (partition.size >= this.#room) {
      partition.isFull = true
      return false
    }
    if (partition.isNew(Number(message.offset))) this.#options.flow.take(partition, message)
    return true
  }

  /** A record of a partition is done with. Only a commit makes room, so that what may be read again is bounded. */
  settled (partition: OwnedPartition): void {
    if (partition.committable >= this.#room / 2) this.#options.commitSoon()
    this.committed(partition) // another member may have done it
  }

  /** What could be committed of a partition is. */
  committed (partition: OwnedPartition): void {
    if (!partition.isFull || partition.size > this.#room / 2) return
    partition.isFull = false
    this.#resume(partition)
  }

  /** Whether the record of a decision may be read again: it is not known to be committed. */
  mayReplay ({ sourcePartition, sourceOffset }: Pick<KnownDecision, 'sourcePartition' | 'sourceOffset'>): boolean {
    const partition = this.#partitions.get(sourcePartition)
    return partition !== undefined && sourceOffset >= partition.committedOffset
  }

  /** Takes nothing more; what is in flight goes on. */
  drain (): void {
    this.#isDraining = true
    this.#options.member.pause(this.#options.inquiryTopic, [...this.#partitions.keys()])
  }

  close (): void {
    this.#recovery.abort()
  }

  get #room (): number { return Math.max(1, Math.floor(this.#options.maxInFlight / this.#partitions.size)) }

  /**
   * The partition ends before what is committed of it: the topic was made anew, or its end was lost. What comes now has
   * offsets of records that are gone, and would be taken for them. That it ends before what was *read* says nothing by itself: a
   * new leader may not know yet how much is replicated; but it hands back nothing from before the commit.
   */
  #beginAnew ({ number, committedOffset }: OwnedPartition, end: number): void {
    const { flow, log } = this.#options
    log.error({ partition: number, end, committedOffset }, 'the partition ends before what is committed of it: it is read anew, and records may be lost')
    flow.lost(this.#partitions.get(number)!)
    this.#partitions.set(number, new OwnedPartition(number, (item: InFlightInquiry) => flow.letOut(item), end))
    this.#recover([number], this.#recovery.signal)
  }

  #open (partition: OwnedPartition, found: Recovered): void {
    partition.open(found)
    this.#options.flow.recovered(partition)
    this.#readOn(partition)
  }

  #readOn (partition: OwnedPartition): void {
    partition.isFull = partition.size > this.#room / 2
    if (!partition.isFull) this.#resume(partition)
  }

  #resume ({ state, number }: OwnedPartition): void {
    if (state === 'open' && !this.#isDraining) this.#options.member.resume(this.#options.inquiryTopic, [number])
  }
}
