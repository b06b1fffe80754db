/** Something that has to be dealt with by a point in time. */
export interface WithDeadline {
  /** Epoch milliseconds. */
  readonly deadline: number
}

/** A binary min-heap by deadline: the item with the earliest deadline comes first, in O(log n). */
export class DeadlineHeap<Item extends WithDeadline> {
  readonly #items: Item[] = []

  get size (): number { return this.#items.length }

  /** The item with the earliest deadline; undefined when empty. */
  peek (): Item | undefined { return this.#items[0] }

  push (item: Item): void {
    const items = this.#items
    let position = items.push(item) - 1
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (items[parent]!.deadline <= item.deadline) break
      items[position] = items[parent]!
      position = parent
    }
    items[position] = item
  }

  /** Takes the item with the earliest deadline; undefined when empty. */
  pop (): Item | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (this.#items.length > 0) this.#sink(last!, 0)
    return first
  }

  /** Removes every item that matches, in O(n). */
  remove (matches: (item: Item) => boolean): void {
    const kept = this.#items.filter(item => !matches(item))
    if (kept.length === this.#items.length) return
    // A sorted array is a heap.
    kept.sort((a, b) => a.deadline - b.deadline)
    this.#items.splice(0, this.#items.length, ...kept)
  }

  #sink (item: Item, start: number): void {
    const items = this.#items
    let position = start
    for (;;) {
      let child = 2 * position + 1
      if (child >= items.length) break
      if (child + 1 < items.length && items[child + 1]!.deadline < items[child]!.deadline) child++
      if (items[child]!.deadline >= item.deadline) break
      items[position] = items[child]!
      position = child
    }
    items[position] = item
  }
}
