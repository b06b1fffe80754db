import { groupBy } from '../group-by.ts'
import type { LabelledText, TextClassifier } from './text-classifier.ts'

/** Gives every text the label that most training texts have. */
export function trainMajority (train: readonly LabelledText[]): TextClassifier {
  const groups = [...groupBy(train, ({ label }) => label)]
  const [label] = groups.reduce((most, group) => group[1].length > most[1].length ? group : most)
  return () => label
}
