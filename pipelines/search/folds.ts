import { digestOf } from '../data/data-set.ts'
import { SAME_TEXT, similarPairs } from '../data/similarity.ts'
import { UnionFind } from '../data/union-find.ts'

export interface FoldOptions {
  readonly folds: number
  readonly seed: number
  /** Items with the same key stay together, one customer's for example; `undefined` stands alone. */
  readonly groupOf?: ((item: number) => string | undefined) | undefined
}

/**
 * Gives each item a fold: every label spread evenly, and items of one group, or with almost the same text, in one fold.
 * Where a group goes is drawn by the seed and does not depend on the order of the items.
 * @returns by the number of the item, from 0
 */
export function assignFolds (items: ReadonlyArray<{ readonly text: string, readonly label: string }>, { folds, seed, groupOf }: FoldOptions): Uint8Array {
  const assigned = new Uint8Array(items.length)
  const counts = Array.from({ length: folds }, () => ({ all: 0, byLabel: new Map<string, number>() }))
  const drawn = groupsOf(items, groupOf).map(group => ({ group, order: digestOf(`${seed} ${items[group[0]!]!.text}`) }))
  drawn.sort((a, b) => b.group.length - a.group.length || (a.order < b.order ? -1 : 1))
  for (const { group } of drawn) {
    const present = (fold: number) => group.reduce((sum, item) => sum + (counts[fold]!.byLabel.get(items[item]!.label) ?? 0), 0)
    const fuller = (fold: number, other: number) => (present(fold) - present(other) || counts[fold]!.all - counts[other]!.all) > 0
    const chosen = [...counts.keys()].reduce((least, fold) => fuller(least, fold) ? fold : least)
    for (const item of group) {
      const { byLabel } = counts[chosen]!
      byLabel.set(items[item]!.label, (byLabel.get(items[item]!.label) ?? 0) + 1)
      counts[chosen]!.all++
      assigned[item] = chosen
    }
  }
  return assigned
}

/** Numbers of the items that belong together, directly or through others. */
function groupsOf (items: ReadonlyArray<{ readonly text: string }>, groupOf: FoldOptions['groupOf']): number[][] {
  const sets = new UnionFind(items.length)
  const numbered = items.map(({ text }, number) => ({ text, number }))
  for (const [a, b] of similarPairs(numbered, SAME_TEXT)) sets.join(a.number, b.number)
  const firstOf = new Map<string, number>()
  for (const number of items.keys()) {
    const key = groupOf?.(number)
    if (key === undefined) continue
    if (firstOf.has(key)) sets.join(firstOf.get(key)!, number)
    else firstOf.set(key, number)
  }
  const groups = new Map<number, number[]>()
  for (const number of items.keys()) groups.set(sets.find(number), [...groups.get(sets.find(number)) ?? [], number])
  return [...groups.values()]
}
