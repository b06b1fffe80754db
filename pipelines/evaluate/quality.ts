import { decide } from '../../api/inference/decision.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import { OUT_OF_SCOPE } from '../data/data-set.ts'
import { toOutcomes } from '../train/predict.ts'
import { type ScoredItem, rates } from '../train/thresholds.ts'
import { averagePrecision, falsePositiveRateAt } from './detection.ts'
import type { Evaluation, Quality } from './evaluation.ts'
import { type Outcome, accuracy, areaUnderRoc, expectedCalibrationError, macroF1 } from './metrics.ts'

/** The parts of a manifest on which answers rest. */
export type AnswerRule = Pick<Manifest, 'classes' | 'thresholds'>

export function isInScope ({ truth }: { readonly truth: string }): boolean {
  return truth !== OUT_OF_SCOPE
}

/** The most probable label of each item, with its probability; out of scope left out. */
export function labelOutcomes (items: readonly ScoredItem[], { classes, thresholds }: AnswerRule): Outcome[] {
  const labels = classes.filter(id => id !== thresholds.outOfScope.classId)
  const columns = labels.map(id => classes.indexOf(id))
  return toOutcomes(labels, items.map(({ probabilities, truth }) => ({ truth, probabilities: Float64Array.from(columns, column => probabilities[column]!) })))
}

/** The most probable class of each item; out of scope has the data set's name for it. */
export function classOutcomes (items: readonly ScoredItem[], { classes, thresholds }: AnswerRule): Outcome[] {
  return toOutcomes(classes.map(id => id === thresholds.outOfScope.classId ? OUT_OF_SCOPE : id), items)
}

/** The figures of items in scope: of the most probable label against the truth, and of what goes to manual. */
export function qualityOf (items: readonly ScoredItem[], rule: AnswerRule): Quality {
  const outcomes = labelOutcomes(items, rule)
  const { lost, answeredAccuracy } = rates(items, rule.classes, rule.thresholds)
  return {
    items: items.length,
    accuracy: accuracy(outcomes),
    macroF1: macroF1(outcomes),
    expectedCalibrationError: expectedCalibrationError(outcomes),
    brier: brierScore(items, rule.classes),
    answeredAccuracy: Number.isNaN(answeredAccuracy) ? null : answeredAccuracy,
    lost
  }
}

/**
 * How well those out of scope are told from those in scope, by the probability of that class; of a model without
 * one, by the lack of confidence. `null` where the items have none of either kind.
 */
export function outOfScopeQuality (items: readonly ScoredItem[], rule: AnswerRule): Evaluation['outOfScope'] {
  const outside = items.filter(item => !isInScope(item))
  const inside = items.filter(isInScope)
  if (!outside.length || !inside.length) return { items: outside.length, auroc: null, aupr: null, falsePositiveRateAt95: null, caught: null }
  const column = rule.classes.indexOf(rule.thresholds.outOfScope.classId)
  const rejection = ({ probabilities }: ScoredItem) => column < 0 ? 1 - Math.max(...probabilities) : probabilities[column]!
  const [positives, negatives] = [outside.map(rejection), inside.map(rejection)]
  return {
    items: outside.length,
    auroc: areaUnderRoc(positives, negatives),
    aupr: averagePrecision(positives, negatives),
    falsePositiveRateAt95: falsePositiveRateAt(0.95, positives, negatives),
    caught: outside.filter(({ probabilities }) => decide(probabilities, rule, 1).decision === 'manual').length / outside.length
  }
}

/** Mean squared distance between the probabilities and the truth, summed over the classes (Brier 1950): 0 to 2. */
export function brierScore (items: readonly ScoredItem[], classes: readonly string[]): number {
  const distance = ({ probabilities, truth }: ScoredItem) => {
    const right = classes.indexOf(truth)
    return probabilities.reduce((sum, probability, index) => sum + (probability - (index === right ? 1 : 0)) ** 2, 0)
  }
  return items.reduce((sum, item) => sum + distance(item), 0) / items.length
}
