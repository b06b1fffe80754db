/** Where a decision stands in the results topic. */
export interface KnownDecision {
  /** Offset of the result in its partition. */
  readonly resultOffset: number
  /** The record that was decided; the same id elsewhere is the app's repetition, not a replay. */
  readonly sourcePartition: number
  readonly sourceOffset: number
  /** Whether it is `manual` because the inquiry cannot be read or was refused: a dead letter belongs to it. */
  readonly isInvalid: boolean
}

/** So many of the oldest are looked at when one is added, so that what had to be kept for a while is forgotten after it. */
const MOST_LOOKS = 4

/**
 * Inquiries that are known to be decided, by id: those that this process decided and those found in the results topic.
 * Bounded; the oldest are forgotten first, but none whose record may be read again: of these there are as many as can be
 * uncommitted, here and where the partitions were before.
 */
export class DecidedIds {
  /** Of each id the first decision, which counts, and the last one: the record of that may be read again as well. */
  readonly #decisions = new Map<string, { readonly first: KnownDecision, last: KnownDecision }>()
  readonly #capacity: number
  readonly #mayReplay: (decision: KnownDecision) => boolean

  /** @param mayReplay whether the record of a decision may be read again */
  constructor (capacity: number, mayReplay: (decision: KnownDecision) => boolean = () => false) {
    this.#capacity = capacity
    this.#mayReplay = mayReplay
  }

  get size (): number { return this.#decisions.size }

  get (id: string): KnownDecision | undefined { return this.#decisions.get(id)?.first }

  /** Keeps the first decision of an id: it is the one that counts. */
  add (id: string, decision: KnownDecision): void {
    const known = this.#decisions.get(id)
    if (known) {
      known.last = decision
      return
    }
    this.#decisions.set(id, { first: decision, last: decision })
    for (let looks = 0; looks < MOST_LOOKS && this.#decisions.size > this.#capacity; looks++) this.#forgetOldest()
  }

  #forgetOldest (): void {
    const [id, known] = this.#decisions.entries().next().value!
    this.#decisions.delete(id)
    if (this.#mayReplay(known.first) || this.#mayReplay(known.last)) this.#decisions.set(id, known)
  }
}
