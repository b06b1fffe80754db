import { OUT_OF_SCOPE, SPLITS } from '../data-set.ts'
import type { Limits } from '../limits.ts'
import { type Check, type CheckedRow, check, groupBy } from './check.ts'

/** `labels`: those of the examples and those of the taxonomy are the same, in every split. */
export function checkLabels (rows: readonly CheckedRow[], labels: readonly string[], unknown: readonly string[]): Check {
  const missing = SPLITS.flatMap(split => {
    const present = new Set(rows.filter(row => row.split === split).map(({ label }) => label))
    return labels.filter(label => !present.has(label)).map(label => `${split}: no example of ${label}`)
  })
  return check('labels', 'every label of the taxonomy in every split, and no other', `${unknown.length} rows with another label, ${missing.length} labels missing`, [...unknown, ...missing])
}

/** `counts`: enough examples of each label. */
export function checkCounts (rows: readonly CheckedRow[], labels: readonly string[], limits: Limits): Check {
  const counts = groupBy(rows, ({ split, label }) => `${split} ${label}`)
  const short = (split: string, label: string, least: number, language?: string) => {
    const all = counts.get(`${split} ${label}`) ?? []
    const count = language === undefined ? all.length : all.filter(row => row.language === language).length
    return count < least ? [`${split}: ${count} examples of ${label}${language ? ` in ${language}` : ''}, ${least} are needed`] : []
  }
  const { minPerLabel, minPerLabelByLanguage, minPerLabelForEvaluation, minOutOfScope } = limits
  return check('counts', `${minPerLabel} examples of each label in train, ${minPerLabelForEvaluation} in validation and test`, `${rows.length} examples of ${labels.length} labels`, [
    ...labels.flatMap(label => short('train', label, minPerLabel)),
    ...labels.flatMap(label => Object.entries(minPerLabelByLanguage).flatMap(([language, least]) => short('train', label, least, language))),
    ...labels.flatMap(label => ['validation', 'test'].flatMap(split => short(split, label, minPerLabelForEvaluation))),
    ...short('train', OUT_OF_SCOPE, minOutOfScope)
  ])
}
