import type { Manifest } from '../../model-store/manifest.ts'
import type { ScoredItem } from '../train/thresholds.ts'
import type { Evaluation } from './evaluation.ts'
import { isInScope, outOfScopeQuality, qualityOf } from './quality.ts'

/**
 * What a model is worth on labelled items: on those in scope the most probable label against the truth (accuracy,
 * macro-F1, calibration of that label's confidence), on all of them what goes to manual.
 */
export function evaluate (items: readonly ScoredItem[], classes: readonly string[], thresholds: Manifest['thresholds']): Record<string, number> {
  const rule = { classes: [...classes], thresholds }
  return mainMetrics({ overall: qualityOf(items.filter(isInScope), rule), outOfScope: outOfScopeQuality(items, rule) })
}

/** The figures that go into a manifest. What could not be counted is left out. */
export function mainMetrics ({ overall, outOfScope }: Pick<Evaluation, 'overall' | 'outOfScope'>): Record<string, number> {
  const metrics = {
    items: overall.items + outOfScope.items,
    accuracy: overall.accuracy,
    macroF1: overall.macroF1,
    expectedCalibrationError: overall.expectedCalibrationError,
    brier: overall.brier,
    outOfScopeAuroc: outOfScope.auroc,
    outOfScopeAupr: outOfScope.aupr,
    outOfScopeFalsePositiveRateAt95: outOfScope.falsePositiveRateAt95,
    outOfScopeCaught: outOfScope.caught,
    inScopeLost: overall.lost,
    answeredAccuracy: overall.answeredAccuracy
  }
  return Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== null))
}
