import type { InFlightInquiry } from '../decide/in-flight.ts'
import { KeyOrder } from '../decide/key-order.ts'
import { PartitionWindow, type Progress } from './partition-window.ts'
import type { Recovered } from './results-tail.ts'

/** A partition of the inquiry topic that this member has. */
export class OwnedPartition {
  readonly number: number
  /** What is in flight, by id. */
  readonly inFlight = new Map<string, InFlightInquiry>()
  readonly order: KeyOrder<InFlightInquiry>
  /** `recovering`: nothing may be written until it is known what was decided before. */
  state: 'recovering' | 'open' | 'lost' = 'recovering'
  /** Whether reading waits for records in flight. */
  isFull = false
  /** Offset of the record that will come next; undefined until it is known. */
  highWatermark: number | undefined
  #window: PartitionWindow | undefined
  #resultPartition = 0
  #lastOffset = -1
  #committedOffset = -1
  /** Offset before which all is done with, whoever did it; only for the lag, as it may be an old one. */
  #doneBefore = -1
  #recoveringSince: number | undefined = performance.now()
  readonly #lost = new AbortController()

  /** What was noted of records from here on is about others, which are gone. */
  readonly #restartedAt: number

  constructor (number: number, letOut: (item: InFlightInquiry) => void, restartedAt = Infinity) {
    this.number = number
    this.#restartedAt = restartedAt
    this.order = new KeyOrder(letOut)
  }

  /** Set once it is known what was decided before. */
  get window (): PartitionWindow { return this.#window! }

  /** Records that were read and are not committed. */
  get size (): number { return this.#window?.size ?? 0 }

  /** Those of them that could be committed. */
  get committable (): number { return this.#window?.committable ?? 0 }

  /** For how long the oldest record in flight is, or nothing could be read, in milliseconds; 0 where neither is so. */
  get ageMs (): number {
    const now = performance.now()
    return now - Math.min(this.#window?.oldest?.readAt ?? now, this.#recoveringSince ?? now)
  }

  /** Partition of the result topic that its decisions go to. */
  get resultPartition (): number { return this.#resultPartition }

  /** Aborts when the partition goes to another member. */
  get lostSignal (): AbortSignal { return this.#lost.signal }

  /** Offset of the last record that was read or is known to be done with; -1 where there is none. */
  get lastOffset (): number { return this.#lastOffset }

  /** Offset of the next record that nobody has committed; records before it are decided. */
  get committedOffset (): number { return this.#committedOffset }

  /** Records from the first that is not done with to the end of the partition; undefined until both are known. */
  get lag (): number | undefined {
    const next = Math.max(this.#window?.progress()?.offset ?? -1, this.#committedOffset, this.#doneBefore)
    return next < 0 || this.highWatermark === undefined ? undefined : Math.max(0, this.highWatermark - next)
  }

  /** What the brokers say of it. @param range `committed` is negative where nothing is */
  sawRange ({ low, high, committed }: { low: number, high: number, committed: number }): void {
    this.highWatermark = high
    this.#doneBefore = Math.max(low, committed)
  }

  /** Others may have had it: nothing may be written until it is known what they decided. */
  recover (): void {
    this.state = 'recovering'
    this.#recoveringSince ??= performance.now()
  }

  /** It is known what was decided before. */
  open ({ resultPartition, resultsFrom, offset: noted = -1, found }: Recovered): void {
    const offset = noted > this.#restartedAt && this.#window === undefined ? -1 : noted
    this.#resultPartition = resultPartition
    this.#window ??= new PartitionWindow(resultsFrom)
    this.#window.remember(found)
    this.hasCommitted(offset)
    // Reading may have begun before: a commit of the member before us, which kafkajs repeats, can come after we joined.
    this.#lastOffset = Math.max(this.#lastOffset, offset - 1)
    this.state = 'open'
    this.#recoveringSince = undefined
  }

  lose (): void {
    this.state = 'lost'
    this.#lost.abort()
  }

  /** @returns whether the record is new here: after a rebalance, records in flight are delivered once more */
  isNew (offset: number): boolean {
    if (offset <= this.#lastOffset) return false
    this.#lastOffset = offset
    return true
  }

  /** What can be committed and is not yet; undefined when there is nothing. */
  uncommitted (): Progress | undefined {
    if (this.state !== 'open') return undefined // another member may have gone further meanwhile
    const progress = this.#window?.progress()
    return progress && progress.offset > this.#committedOffset ? progress : undefined
  }

  hasCommitted (offset: number): void {
    this.#committedOffset = Math.max(this.#committedOffset, offset)
    this.#window?.commit(this.#committedOffset)
  }
}
