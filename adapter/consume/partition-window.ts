/** A record that was read, and whether it is done with. */
export interface WindowEntry {
  readonly offset: number
  /** When it was read, by the monotonic clock. */
  readonly readAt: number
  settled: boolean
  /** Offset of its result in the results topic, from when it is known; undefined where it has none. */
  resultOffset: number | undefined
}

/** Decisions that were found in the results topic, made before this window by whoever had the partition. */
export interface FoundDecisions {
  /** Offset of the first result that was read. */
  readonly from: number
  /** Offset of the last record of this partition that was decided; -1 when there is none. */
  readonly lastRecord: number
}

/** What to commit for a partition. */
export interface Progress {
  /** Offset of the next record to read. */
  readonly offset: number
  /** From where on the results of records at or after `offset` may be in the results topic. */
  readonly resultsFrom: number
}

/**
 * The records of a partition that were read and are not committed yet, in the order of delivery. What can be
 * committed ends before the first record that is not settled, whatever was settled behind it. Offsets have gaps
 * (compaction, transaction markers), so that the order of delivery counts and not the arithmetic of offsets.
 */
export class PartitionWindow {
  #entries: WindowEntry[] = []
  /** Position of the first entry that is not committed, and of the first one that is not settled. */
  #start = 0
  #head = 0
  #committed = -1
  #next: number | undefined
  #lastResult: number
  #found: FoundDecisions = { from: 0, lastRecord: -1 }

  /** @param resultsFrom where the results topic ended before any record of this window was decided */
  constructor (resultsFrom: number) {
    this.#lastResult = resultsFrom - 1
  }

  /** Records that were read and are not committed. */
  get size (): number { return this.#entries.length - this.#start }

  /** Those of them that could be committed. */
  get committable (): number { return this.#head - this.#start }

  /** The oldest record that is not settled. */
  get oldest (): WindowEntry | undefined { return this.#entries[this.#head] }

  /** Until their records were read again, what was found has to be found by a successor as well. */
  remember (found: FoundDecisions): void { this.#found = found }

  add (offset: number): WindowEntry {
    const entry: WindowEntry = { offset, readAt: performance.now(), settled: false, resultOffset: undefined }
    this.#entries.push(entry)
    return entry
  }

  settle (entry: WindowEntry): void {
    const { resultOffset } = entry
    entry.settled = true
    if (resultOffset !== undefined && resultOffset > this.#lastResult) this.#lastResult = resultOffset
    while (this.oldest?.settled) {
      this.#next = this.oldest.offset + 1
      this.#head++
    }
    this.#forgetCommitted()
  }

  /** Records before this offset are committed; also those that another member decided and that are not settled here yet. */
  commit (offset: number): void {
    this.#committed = Math.max(this.#committed, offset)
    this.#forgetCommitted()
  }

  #forgetCommitted (): void {
    while (this.#start < this.#head && this.#entries[this.#start]!.offset < this.#committed) this.#start++
    if (this.#start > 1_024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start)
      this.#head -= this.#start
      this.#start = 0
    }
  }

  /** Undefined until the first record is done with. In O(size), for the timer that commits. */
  progress (): Progress | undefined {
    if (this.#next === undefined) return undefined
    let resultsFrom = this.#next > this.#found.lastRecord ? this.#lastResult + 1 : Math.min(this.#lastResult + 1, this.#found.from)
    for (let position = this.#head; position < this.#entries.length; position++) {
      const { resultOffset } = this.#entries[position]!
      if (resultOffset !== undefined && resultOffset < resultsFrom) resultsFrom = resultOffset
    }
    return { offset: this.#next, resultsFrom }
  }
}
