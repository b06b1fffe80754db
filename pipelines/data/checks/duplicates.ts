import type { Limits } from '../limits.ts'
import { type Check, type CheckedRow, check, groupBy, nameOf, percent } from './check.ts'

/** Two examples whose texts are nearly the same. */
export type NearPair = readonly [CheckedRow, CheckedRow]

/** `duplicates`: few examples nearly repeat another of their split. */
export function checkDuplicates (rows: readonly CheckedRow[], pairs: readonly NearPair[], { maxNearDuplicates }: Limits): Check {
  const within = pairs.filter(([a, b]) => a.split === b.split)
  const share = within.length / Math.max(1, rows.length)
  return check('duplicates', `at most ${percent(maxNearDuplicates)} near-duplicates within a split`, `${within.length} of ${rows.length} examples (${percent(share)})`,
    within.map(namePair), share <= maxNearDuplicates)
}

/** `leakage`: no text, nearly the same text or customer in two splits. */
export function checkLeakage (rows: readonly CheckedRow[], pairs: readonly NearPair[]): Check {
  const across = pairs.filter(([a, b]) => a.split !== b.split).map(namePair)
  const customers = [...groupBy(rows.filter(({ customer }) => customer !== undefined), ({ customer }) => customer!).values()]
    .filter(group => new Set(group.map(({ split }) => split)).size > 1)
    .map(group => `${group.map(nameOf).join(' and ')} are of one customer`)
  return check('leakage', 'no near-duplicates and no customer across splits', `${across.length} pairs of texts and ${customers.length} customers across splits`, [...across, ...customers])
}

function namePair ([a, b]: NearPair): string {
  return `${nameOf(a)} and ${nameOf(b)} are nearly the same text`
}
