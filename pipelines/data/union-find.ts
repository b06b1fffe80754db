/** Disjoint sets of 0 … size − 1 (Tarjan 1975): which belong together, directly or through others. */
export class UnionFind {
  readonly #parents: Uint32Array

  constructor (size: number) {
    this.#parents = Uint32Array.from({ length: size }, (_, index) => index)
  }

  /** The smallest number of the set that `item` is in. */
  find (item: number): number {
    let root = item
    while (this.#parents[root] !== root) root = this.#parents[root]!
    for (let next = item; next !== root;) {
      const parent = this.#parents[next]!
      this.#parents[next] = root
      next = parent
    }
    return root
  }

  /** @returns whether they were apart before */
  join (a: number, b: number): boolean {
    const [low, high] = [this.find(a), this.find(b)].sort((one, other) => one - other) as [number, number]
    this.#parents[high] = low
    return low !== high
  }
}
