import { softmax } from '../../api/inference/scores.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import { evaluate } from '../evaluate/report.ts'
import { fitTemperature } from './calibration.ts'
import { type ScoredItem, type ThresholdTargets, chooseThresholds } from './thresholds.ts'

/** Logits of a text, one a class, and its label. */
export interface LabelledLogits {
  readonly logits: Float64Array
  readonly label: string
}

/** How logits become decisions, and what the decisions are worth on both splits. */
export type Decisions = Pick<Manifest, 'calibration' | 'thresholds' | 'metrics'>

/**
 * Fits temperature and thresholds on the validation split.
 * @param classes of the model; texts out of scope do not count for the temperature of a model without that class
 */
export function fitDecisions (splits: Record<'validation' | 'test', readonly LabelledLogits[]>, classes: readonly string[], targets: ThresholdTargets): Decisions {
  const known = splits.validation.filter(({ label }) => classes.includes(label))
  const temperature = fitTemperature(known.map(({ logits, label }) => ({ logits, label: classes.indexOf(label) })))
  const score = (items: readonly LabelledLogits[]): ScoredItem[] => items.map(({ logits, label }) => ({ probabilities: softmax(logits, temperature), truth: label }))
  const [validation, test] = [score(splits.validation), score(splits.test)]
  const thresholds = chooseThresholds(validation, classes, targets)
  return {
    calibration: { temperature },
    thresholds,
    metrics: {
      ...prefixed('validation', evaluate(validation, classes, thresholds)),
      ...prefixed('test', evaluate(test, classes, thresholds))
    }
  }
}

function prefixed (prefix: string, metrics: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}.${name}`, Number(value.toFixed(6))]))
}
