import { type Check, type CheckedRow, check } from './checks/check.ts'
import { checkDrift } from './checks/drift.ts'
import { type NearPair, checkDuplicates, checkLeakage } from './checks/duplicates.ts'
import { checkCounts, checkLabels } from './checks/labels.ts'
import { checkIds, checkLanguages, checkLengths, checkRejects } from './checks/texts.ts'
import { type DataSet, SPLITS } from './data-set.ts'
import type { Limits } from './limits.ts'
import type { Profile } from './profile.ts'
import { similarPairs } from './similarity.ts'

/** What the data tests look at. */
export interface Checked {
  readonly rows: readonly CheckedRow[]
  /** Labels of the taxonomy. */
  readonly labels: readonly string[]
  /** Pairs that connect all texts which are nearly the same. */
  readonly pairs: readonly NearPair[]
  /** Rows that were left out, as `file:row: reason`. */
  readonly rejected: readonly string[]
  /** Of those: for a label that is none. */
  readonly unknownLabels: readonly string[]
  /** Rows that were read. */
  readonly total: number
  /** The previous version's profile and this one's. */
  readonly drift?: { previous: Profile, current: Profile }
}

/** Names of the data tests, as `--allow` takes them. */
export const TESTS = ['ids', 'labels', 'counts', 'rejects', 'duplicates', 'leakage', 'language', 'length', 'drift'] as const
export type TestName = typeof TESTS[number]

/** The tests that a data set must pass before anything is trained on it, each with what it found. */
export function checkDataSet (checked: Checked, limits: Limits): Check[] {
  const { rows, labels, pairs, rejected, unknownLabels, total, drift } = checked
  return [
    checkIds(rows),
    checkLabels(rows, labels, unknownLabels),
    checkCounts(rows, labels, limits),
    checkRejects(rejected, total, limits),
    checkDuplicates(rows, pairs, limits),
    checkLeakage(rows, pairs),
    checkLanguages(rows, limits),
    checkLengths(rows, limits),
    drift ? checkDrift(drift.previous, drift.current, limits) : check('drift', 'like the previous version', 'no previous version', [])
  ]
}

/** What the data tests look at, of a data set that was read from disk. */
export function checkedFrom ({ splits }: Pick<DataSet, 'splits'>, labels: readonly string[]): Checked {
  const rows = SPLITS.flatMap(split => splits[split].map((example, index) => ({
    ...example, split, length: example.text.length, words: countWords(example.text), file: `${split}.jsonl`, row: index + 1
  })))
  return { rows, labels, pairs: similarPairs(rows), rejected: [], unknownLabels: [], total: rows.length }
}

export function countWords (text: string): number {
  return text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0
}
