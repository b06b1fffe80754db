import type { HeadParameters } from './train-head.ts'
import type { ThresholdTargets } from './thresholds.ts'

/**
 * How the default model's head is made; recorded in its manifest. Chosen on the validation split: the encoder knows the
 * training texts by heart, so cross-validation on them would leave the n-grams out (docs/decisions/0009-a-student-beside-ngrams.md).
 */
export const HEAD_PARAMETERS: HeadParameters = {
  c: 1,
  maxIterations: 60,
  ngrams: { minLength: 2, maxLength: 5, buckets: 65_536, scale: 2.5, minTexts: 2, apart: { c: 30, maxIterations: 60, share: 1 } }
}

export const THRESHOLD_TARGETS: ThresholdTargets = { maxLost: 0.09, answeredAccuracy: 0.935, labelPrecision: 0.85 }
