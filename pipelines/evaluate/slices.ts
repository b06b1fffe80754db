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

const SHORT = 80
const LONG = 200

/**
 * The figures of parts of the items, all in scope, by dimension and value. A dimension that the items do not have is
 * left out.
 */
export function sliceQuality (items: readonly ScoredExample[], rule: AnswerRule & Pick<Manifest, 'labels'>): Slices {
  const groups = new Map(rule.labels.map(({ id, group }) => [id, group]))
  const dimensions: Record<string, (example: Example) => string | undefined> = {
    language: ({ language }) => language,
    length: ({ text }) => text.length < SHORT ? `under ${SHORT} characters` : text.length <= LONG ? `${SHORT} to ${LONG} characters` : `over ${LONG} characters`,
    channel: ({ channel }) => channel,
    style: ({ style }) => style,
    group: ({ label }) => groups.get(label)
  }
  const slices = Object.entries(dimensions).map(([dimension, valueOf]): [string, Record<string, Quality>] => {
    const parts = groupBy(items.filter(({ example }) => valueOf(example) !== undefined), ({ example }) => valueOf(example)!)
    return [dimension, Object.fromEntries([...parts].sort(([a], [b]) => a < b ? -1 : 1).map(([value, part]) => [value, qualityOf(part, rule)]))]
  })
  return Object.fromEntries(slices.filter(([, parts]) => Object.keys(parts).length > 0))
}
