import type { Split } from '../data/data-set.ts'
import type { Reason } from './example.ts'

/** What memory holds of an example; its text lies in the spool. */
export interface Row {
  /** In the spool and in the similarity index. */
  readonly number: number
  readonly file: string
  readonly row: number
  readonly id: string
  readonly label: string
  readonly language: string
  readonly customer: string | undefined
  readonly createdAt: string | undefined
  readonly given: Split | undefined
  readonly length: number
  readonly words: number
  /** The same for texts that are the same but for case, marks and punctuation. */
  readonly key: string
}

/** Where a row was: the file, and the number of the row in it. */
export interface RowReference {
  readonly file: string
  readonly row: number
}

/** A line of `rejected.jsonl`: which row was left out and why, without a word of it. */
export interface Rejected extends RowReference {
  readonly reason: Reason
  /** Of duplicates: the row that was kept; of contradictory ones: another of them. */
  readonly sameAs?: RowReference
}

export function reference ({ file, row }: RowReference): RowReference {
  return { file, row }
}
