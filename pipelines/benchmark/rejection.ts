import { softmax } from '../../api/inference/scores.ts'
import { areaUnderRoc } from '../evaluate/metrics.ts'

/** How sure a model is that a text fits one of its labels: the higher, the likelier in scope. */
export type RejectionScore = (logits: Float64Array, temperature: number) => number

/** Scores that need no example out of scope. */
export const REJECTION_SCORES = {
  'max. probability': (logits, temperature) => Math.max(...softmax(logits, temperature)),
  'max. logit': logits => Math.max(...logits),
  energy: logits => logSumExp(logits)
} as const satisfies Record<string, RejectionScore>

export type RejectionName = keyof typeof REJECTION_SCORES

export interface Separation {
  readonly inScope: readonly Float64Array[]
  readonly outOfScope: readonly Float64Array[]
  readonly temperature: number
}

/** Area under the ROC curve of a score. */
export function separation (name: RejectionName, { inScope, outOfScope, temperature }: Separation): number {
  const score = (logits: Float64Array) => REJECTION_SCORES[name](logits, temperature)
  return areaUnderRoc(inScope.map(score), outOfScope.map(score))
}

/** The score that separates best. */
export function chooseRejection (validation: Separation): RejectionName {
  const names = Object.keys(REJECTION_SCORES) as RejectionName[]
  return names.reduce((best, name) => separation(name, validation) > separation(best, validation) ? name : best)
}

/** Free energy, negated, at temperature 1 (Liu et al. 2020, "Energy-based Out-of-distribution Detection"). */
function logSumExp (logits: Float64Array): number {
  const highest = Math.max(...logits)
  return highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0))
}
