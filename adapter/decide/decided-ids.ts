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

/**
 * Inquiries that are known to be decided, by id: those that this process decided and those found in the results topic.
 * Bounded; the oldest are forgotten first. The bound is above what can be uncommitted, so that nothing that may be
 * replayed is ever forgotten.
 */
export class DecidedIds {
  readonly #decisions = new Map<string, KnownDecision>()
  readonly #capacity: number

  constructor (capacity: number) {
    this.#capacity = capacity
  }

  get size (): number { return this.#decisions.size }

  get (id: string): KnownDecision | undefined { return this.#decisions.get(id) }

  /** Keeps the first decision of an id: it is the one that counts. */
  add (id: string, decision: KnownDecision): void {
    if (this.#decisions.has(id)) return
    this.#decisions.set(id, decision)
    if (this.#decisions.size > this.#capacity) this.#decisions.delete(this.#decisions.keys().next().value!)
  }
}
