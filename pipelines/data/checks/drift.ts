import type { Limits } from '../limits.ts'
import type { Profile } from '../profile.ts'
import { type Check, check } from './check.ts'

/** Classes that lengths are put in, of equal size in the previous version. */
const LENGTH_CLASSES = 10
const FREQUENT_WORDS = 1_000

/** Stands for a share of zero, whose logarithm has no value. */
const LEAST_SHARE = 1e-4

/** `drift`: labels, lengths and words are distributed as in the previous version. */
export function checkDrift (previous: Profile, current: Profile, limits: Limits): Check {
  const label = populationStability(...shares(previous.labels, current.labels))
  const borders = quantiles(previous.lengths, LENGTH_CLASSES)
  const length = populationStability(...shares(inClasses(previous.lengths, borders), inClasses(current.lengths, borders)))
  const vocabulary = jensenShannon(...shares(...frequentWords(previous.words, current.words)))
  const measured = [
    { name: 'population stability index of the labels', value: label, limit: limits.maxLabelDrift },
    { name: 'population stability index of the lengths', value: length, limit: limits.maxLengthDrift },
    { name: 'Jensen–Shannon divergence of the words', value: vocabulary, limit: limits.maxVocabularyDrift }
  ]
  return check('drift', `against the previous version: ${measured.map(({ name, limit }) => `${name} at most ${limit}`).join(', ')}`,
    measured.map(({ value }) => value.toFixed(3)).join(', '),
    measured.filter(({ value, limit }) => value > limit).map(({ name, value, limit }) => `${name} is ${value.toFixed(3)}, ${limit} is allowed`))
}

/** Σ (b − a) · ln (b / a), symmetric; 0 when equal (Siddiqi 2006, "Credit Risk Scorecards", ch. 6). */
export function populationStability (a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, share, index) => {
    const [one, other] = [Math.max(share, LEAST_SHARE), Math.max(b[index]!, LEAST_SHARE)]
    return sum + (other - one) * Math.log(other / one)
  }, 0)
}

/** Mean divergence of two distributions from their mean, in bits: 0 when equal, 1 when disjoint (Lin 1991). */
export function jensenShannon (a: readonly number[], b: readonly number[]): number {
  const term = (share: number, mean: number) => share === 0 ? 0 : share * Math.log2(share / mean) / 2
  return a.reduce((sum, share, index) => {
    const mean = (share + b[index]!) / 2
    return sum + term(share, mean) + term(b[index]!, mean)
  }, 0)
}

/** Two distributions over the keys of either. */
function shares<Key> (previous: ReadonlyMap<Key, number>, current: ReadonlyMap<Key, number>): [number[], number[]] {
  const keys = [...new Set([...previous.keys(), ...current.keys()])]
  return [previous, current].map(counts => {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
    return keys.map(key => (counts.get(key) ?? 0) / Math.max(1, total))
  }) as [number[], number[]]
}

/** Counts of the words that are frequent in either, and of all others together: the long tail differs by chance. */
function frequentWords (...both: [Profile['words'], Profile['words']]): [Map<string, number>, Map<string, number>] {
  const frequent = new Set(both.flatMap(counts => [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).slice(0, FREQUENT_WORDS).map(([word]) => word)))
  return both.map(counts => {
    const kept = new Map([['', 0]])
    for (const [word, count] of counts) {
      const key = frequent.has(word) ? word : ''
      kept.set(key, (kept.get(key) ?? 0) + count)
    }
    return kept
  }) as [Map<string, number>, Map<string, number>]
}

/** The upper borders of all classes but the last. */
function quantiles (counts: ReadonlyMap<number, number>, classes: number): number[] {
  const sorted = [...counts].sort(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  const borders: number[] = []
  let passed = 0
  for (const [value, count] of sorted) {
    passed += count
    while (borders.length < classes - 1 && passed >= total * (borders.length + 1) / classes) borders.push(value)
  }
  return [...new Set(borders)]
}

function inClasses (counts: ReadonlyMap<number, number>, borders: readonly number[]): Map<number, number> {
  const classes = new Map<number, number>()
  for (const [value, count] of counts) {
    const index = borders.filter(border => value > border).length
    classes.set(index, (classes.get(index) ?? 0) + count)
  }
  return classes
}
