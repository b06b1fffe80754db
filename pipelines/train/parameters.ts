import type { HeadParameters } from './train-head.ts'
import type { ThresholdTargets } from './thresholds.ts'

/** How the default model is made; recorded in its manifest. Chosen on the validation split. */
export const HEAD_PARAMETERS: HeadParameters = {
  c: 10,
  maxIterations: 80,
  ngrams: { minLength: 2, maxLength: 5, buckets: 65_536, scale: 2.5, minTexts: 2 }
}

export const THRESHOLD_TARGETS: ThresholdTargets = { maxLost: 0.09, answeredAccuracy: 0.935, labelPrecision: 0.85 }
