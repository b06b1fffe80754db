/** What is ordered: decisions with a key, of which each may have to wait for the one before it. */
export interface Ordered {
  /** Null: stands alone. */
  readonly key: string | null
  readonly isDecided: boolean
}

/**
 * Lets the decisions of one key out in the order in which their inquiries came, although they are made at the same
 * time. A deadline is stronger than the order: who reaches it does not wait for a predecessor.
 */
export class KeyOrder<Item extends Ordered> {
  readonly #queues = new Map<string, Item[]>()
  readonly #letOut: (item: Item) => void

  constructor (letOut: (item: Item) => void) {
    this.#letOut = letOut
  }

  /** Keys of inquiries that were not let out yet. */
  get size (): number { return this.#queues.size }

  /** An inquiry came. */
  add (item: Item): void {
    if (item.key === null) return
    const queue = this.#queues.get(item.key)
    if (queue) queue.push(item)
    else this.#queues.set(item.key, [item])
  }

  /**
   * An inquiry was decided.
   * @returns whether it was let out; if not, it follows its predecessor by itself
   */
  decided (item: Item): boolean {
    if (item.key !== null && this.#queues.get(item.key)?.[0] !== item) return false
    this.release(item)
    return true
  }

  /** Those of the same key that came before it and were not let out. */
  before (item: Item): Item[] {
    const queue = item.key === null ? undefined : this.#queues.get(item.key)
    return queue?.slice(0, Math.max(0, queue.indexOf(item))) ?? []
  }

  /** Lets an inquiry out whatever is before it. */
  release (item: Item): void {
    this.#letOut(item)
    this.forget(item)
  }

  /** An inquiry needs no decision any more: it is no longer in the way of those behind it. */
  forget (item: Item): void {
    if (item.key === null) return
    const queue = this.#queues.get(item.key)
    const position = queue?.indexOf(item) ?? -1
    if (!queue || position < 0) return
    queue.splice(position, 1)
    if (position === 0) this.#letOutFirst(item.key, queue)
  }

  /** Those at the front of a key's queue that only waited for the one before them. */
  #letOutFirst (key: string, queue: Item[]): void {
    while (queue[0]?.isDecided) this.#letOut(queue.shift()!)
    if (queue.length === 0) this.#queues.delete(key)
  }
}
