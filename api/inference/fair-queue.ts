/** An item that waits; `cost` is its predicted running time in milliseconds. */
export interface Waiting { readonly cost: number }

/**
 * First in, first out between owners, one item of each at a turn (round robin; Nagle, RFC 970): a batch of 100 and
 * a single call that come together both start at once, and the single call does not wait for the whole batch.
 */
export class FairQueue<Item extends Waiting> {
  /** Waiting items by owner; the order of the map is the order of turns. */
  readonly #flows = new Map<object, Item[]>()
  /** Items that had their turn but must run again; they go before all others. */
  readonly #returned: Item[] = []
  #size = 0

  get size (): number { return this.#size }

  /** @param owner whoever the item belongs to: one object a request */
  push (owner: object, item: Item): void {
    this.#size++
    const flow = this.#flows.get(owner)
    if (flow) flow.push(item)
    else this.#flows.set(owner, [item])
  }

  /** Puts an item that was already taken before all others. */
  pushFront (item: Item): void {
    this.#size++
    this.#returned.unshift(item)
  }

  /** Takes the next item. */
  shift (): Item | undefined {
    const item = this.#returned.shift() ?? this.#takeTurn()
    if (item) this.#size--
    return item
  }

  /** Takes all items of an owner out. */
  remove (owner: object): Item[] {
    const items = this.#flows.get(owner) ?? []
    this.#flows.delete(owner)
    this.#size -= items.length
    return items
  }

  /** Predicted running time, in milliseconds, of what goes before the last of `count` items pushed now by a new owner. */
  costAhead (count: number): number {
    let cost = 0
    for (const item of this.#returned) cost += item.cost
    for (const flow of this.#flows.values()) {
      for (let turn = 0; turn < Math.min(count, flow.length); turn++) cost += flow[turn]!.cost
    }
    return cost
  }

  #takeTurn (): Item | undefined {
    const [turn] = this.#flows
    if (!turn) return undefined
    const [owner, flow] = turn
    this.#flows.delete(owner)
    if (flow.length > 1) this.#flows.set(owner, flow) // behind all others
    return flow.shift()
  }
}
