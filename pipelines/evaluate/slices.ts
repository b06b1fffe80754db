import type { Manifest } from '../../model-store/manifest.ts'
import type { Example } from '../data/data-set.ts'
import type { ScoredItem } from '../train/thresholds.ts'
import { groupBy } from './group-by.ts'
import type { Quality } from './evaluation.ts'
import { type AnswerRule, qualityOf } from './quality.ts'

/** An item of the data set with what the model said of it. */
export interface ScoredExample extends ScoredItem {
  readonly example: Example
}

type Slices = Record<string, Record<string, Quality>>

/** Upper bounds in characters, by the name of the slice. */
const LENGTHS = { '1 to 79 characters': 79, '80 to 200 characters': 200, '201 characters or more': Infinity } as const
const ORDER = new Intl.Collator('en', { numeric: true })

/**
 * The figures of parts of the items, all in scope, by dimension and value. A dimension that the items do not have is
 * left out.
 */
export function sliceQuality (items: readonly ScoredExample[], rule: AnswerRule & Pick<Manifest, 'labels'>): Slices {
  const groups = new Map(rule.labels.map(({ id, group }) => [id, group]))
  const dimensions: Record<string, (example: Example) => string | undefined> = {
    language: ({ language }) => language,
    length: ({ text }) => lengthOf(text),
    channel: ({ channel }) => channel,
    style: ({ style }) => style,
    group: ({ label }) => groups.get(label)
  }
  const slices = Object.entries(dimensions).map(([dimension, valueOf]): [string, Record<string, Quality>] => {
    const parts = groupBy(items.filter(({ example }) => valueOf(example) !== undefined), ({ example }) => valueOf(example)!)
    return [dimension, Object.fromEntries([...parts].sort(([a], [b]) => ORDER.compare(a, b)).map(([value, part]) => [value, qualityOf(part, rule)]))]
  })
  return Object.fromEntries(slices.filter(([, parts]) => Object.keys(parts).length > 0))
}

function lengthOf (text: string): string {
  return Object.entries(LENGTHS).find(([, longest]) => text.length <= longest)![0]
}
