import type { Manifest } from '../../model-store/manifest.ts'
import { OUT_OF_SCOPE } from '../data/data-set.ts'
import { toOutcomes } from '../train/predict.ts'
import { type ScoredItem, rates } from '../train/thresholds.ts'
import { accuracy, areaUnderRoc, expectedCalibrationError, macroF1 } from './metrics.ts'

/**
 * What a model is worth on labelled items: on those in scope the most probable label against the truth (accuracy,
 * macro-F1, calibration of that label's confidence), on all of them what goes to manual.
 */
export function evaluate (items: readonly ScoredItem[], classes: readonly string[], thresholds: Manifest['thresholds']): Record<string, number> {
  const labels = classes.filter(id => id !== OUT_OF_SCOPE)
  const labelColumns = labels.map(id => classes.indexOf(id))
  const amongLabels = items.map(({ probabilities, truth }) => ({ truth, probabilities: Float64Array.from(labelColumns, column => probabilities[column]!) }))
  const inScope = toOutcomes(labels, amongLabels.filter(({ truth }) => truth !== OUT_OF_SCOPE))
  const outside = items.filter(({ truth }) => truth === OUT_OF_SCOPE)
  const rejection = ({ probabilities }: ScoredItem) => probabilities[classes.indexOf(OUT_OF_SCOPE)] ?? 0
  const { lost, caught, answeredAccuracy } = rates(items, classes, thresholds)
  return {
    items: items.length,
    accuracy: accuracy(inScope),
    macroF1: macroF1(inScope),
    expectedCalibrationError: expectedCalibrationError(inScope),
    outOfScopeAuroc: areaUnderRoc(outside.map(rejection), items.filter(({ truth }) => truth !== OUT_OF_SCOPE).map(rejection)),
    outOfScopeCaught: caught,
    inScopeLost: lost,
    answeredAccuracy
  }
}
