import type { CheckResult } from '../description.ts'
import type { Example, Split } from '../data-set.ts'

/** What the data tests know of an example: all but its text. */
export interface CheckedRow extends Pick<Example, 'id' | 'label' | 'language'> {
  readonly customer?: string | undefined
  readonly split: Split
  /** In characters. */
  readonly length: number
  readonly words: number
  /** Where it came from: the file, and the number of the row in it, from 1 on. */
  readonly file: string
  readonly row: number
}

/** A data test that failed says on which rows; never what they say. */
export interface Check extends CheckResult {
  readonly rows: readonly string[]
}

/** Passed when nothing offends. */
export function check (test: string, limit: string, found: string, rows: readonly string[], passed = rows.length === 0): Check {
  return { test, passed, limit, found, rows: passed ? [] : rows }
}

export function nameOf ({ split, id, file, row }: CheckedRow): string {
  return `${split} ${id} (${file}:${row})`
}

/** @returns rows by what `key` gives for each */
export function groupBy<Item> (items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}

export function percent (share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
