/** The same numbers for the same seed. */
export function randomOf (seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return { next, between, chance: (share: number) => next() < share, of: <Item>(items: readonly Item[]): Item => items[between(0, items.length - 1)]! }
}

export type Random = ReturnType<typeof randomOf>
