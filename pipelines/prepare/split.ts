import { groupBy } from '../data/checks/check.ts'
import { SPLITS, type Split, digestOf } from '../data/data-set.ts'
import { UnionFind } from '../data/union-find.ts'
import type { Row } from './rows.ts'

export const SPLIT_MODES = ['random', 'time', 'given', 'keep'] as const
export type SplitMode = typeof SPLIT_MODES[number]

/** Shares of the examples; they add up to 1. */
export type Ratios = Readonly<Record<Split, number>>

export interface SplitOptions {
  readonly mode: SplitMode
  readonly ratios: Ratios
  readonly seed: number
  /** Numbers of rows that are nearly the same text. */
  readonly pairs: ReadonlyArray<readonly [number, number]>
}

/**
 * Gives each row a split. Rows that hang together, by being nearly the same text or of one customer, get the same one,
 * unless the splits are given; `keep` draws one for those only that have none, so that what a model was trained on is
 * never measured with in a later version.
 * @returns by the number of the row
 */
export function assignSplits (rows: readonly Row[], { mode, ratios, seed, pairs }: SplitOptions): Map<number, Split> {
  if (mode === 'given') return new Map(rows.map(({ number, given }) => [number, given!]))
  const groups = connected(rows, pairs)
  if (mode === 'keep') return keeping(groups, ratios, seed)
  return mode === 'time' ? byTime(groups, ratios, rows.length) : atRandom(groups, ratios, seed)
}

/** Who hangs together with a row that has a split gets that one. */
function keeping (groups: readonly Row[][], ratios: Ratios, seed: number): Map<number, Split> {
  const splits = atRandom(groups.filter(group => group.every(({ given }) => given === undefined)), ratios, seed)
  for (const group of groups) {
    const kept = group.find(({ given }) => given !== undefined)?.given
    if (kept) for (const { number, given } of group) splits.set(number, given ?? kept)
  }
  return splits
}

/** Rows that belong together, through any number of others. */
function connected (rows: readonly Row[], pairs: SplitOptions['pairs']): Row[][] {
  const sets = new UnionFind(1 + rows.reduce((highest, { number }) => Math.max(highest, number), 0))
  for (const [a, b] of pairs) sets.join(a, b)
  const firstOf = new Map<string, number>()
  for (const { customer, number } of rows) {
    if (customer === undefined) continue
    const first = firstOf.get(customer)
    if (first === undefined) firstOf.set(customer, number)
    else sets.join(first, number)
  }
  return [...groupBy(rows, ({ number }) => `${sets.find(number)}`).values()]
}

/**
 * Each group goes where most of its labels are still missing, large groups first and equal ones in an order drawn by
 * the seed: so every label is split by the ratios (iterative stratification, Sechidis et al. 2011, over groups).
 */
function atRandom (groups: readonly Row[][], ratios: Ratios, seed: number): Map<number, Split> {
  const missing = wantedByLabel(groups, ratios)
  const drawn = groups.map(group => ({ group, order: digestOf(`${seed} ${group[0]!.key}`) }))
  drawn.sort((a, b) => b.group.length - a.group.length || (a.order < b.order ? -1 : 1))
  const splits = new Map<number, Split>()
  for (const { group } of drawn) {
    const lacking = (split: Split) => group.reduce((sum, { label }) => sum + missing.get(label)![split], 0)
    const chosen = SPLITS.reduce((most, split) => lacking(split) > lacking(most) ? split : most)
    for (const { label, number } of group) {
      missing.get(label)![chosen]--
      splits.set(number, chosen)
    }
  }
  return splits
}

/** How many examples of each label each split should have: at least one where three groups have it. */
function wantedByLabel (groups: readonly Row[][], ratios: Ratios): Map<string, Record<Split, number>> {
  const byLabel = groupBy(groups.flatMap((group, index) => group.map(({ label }) => ({ label, index }))), ({ label }) => label)
  return new Map([...byLabel].map(([label, rows]) => {
    const least = new Set(rows.map(({ index }) => index)).size >= SPLITS.length ? 1 : 0
    return [label, Object.fromEntries(SPLITS.map(split => [split, Math.max(least, rows.length * ratios[split])])) as Record<Split, number>]
  }))
}

/**
 * The oldest groups train and the newest test. A group is as old as its newest row, so that nothing is trained on which
 * was written after what is measured with.
 */
function byTime (groups: readonly Row[][], ratios: Ratios, total: number): Map<number, Split> {
  const dated = groups.map(group => ({ group, time: group.reduce((latest, { createdAt = '' }) => createdAt > latest ? createdAt : latest, '') }))
  dated.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.group[0]!.number - b.group[0]!.number))
  const splits = new Map<number, Split>()
  for (const { group } of dated) {
    const share = splits.size / total
    const split = share < ratios.train ? 'train' : share < ratios.train + ratios.validation ? 'validation' : 'test'
    for (const { number } of group) splits.set(number, split)
  }
  return splits
}
