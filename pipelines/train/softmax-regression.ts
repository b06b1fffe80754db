import type { SparseVector } from '../../api/inference/ngrams.ts'
import { type Evaluation, minimize } from './lbfgs.ts'

/** One training item: a dense vector, and a sparse one where the model has n-grams. */
export interface Features {
  readonly dense: Float64Array
  readonly sparse?: SparseVector | undefined
}

export interface FitOptions {
  readonly classes: number
  /** Width of the sparse part; 0 without one. */
  readonly sparseSize: number
  /** Inverse strength of the L2 penalty, as in scikit-learn: sum of losses + |weights|² / (2 · c). */
  readonly c: number
  /** Penalty of the sparse weights relative to the dense ones. @default 1 */
  readonly sparsePenalty?: number
  readonly maxIterations?: number
  readonly tolerance?: number
  readonly onIteration?: (iteration: number, loss: number) => void
}

/** Weights row by row: dense [class × dimension], sparse [bucket × class], bias [class]. */
export interface SoftmaxRegression {
  readonly dense: Float64Array
  readonly sparse: Float64Array
  readonly bias: Float64Array
}

/**
 * Fits multinomial logistic regression by L-BFGS. Deterministic: no sampling, starts from zero.
 * @param labels index of each item's class
 */
export function fitSoftmaxRegression (items: readonly Features[], labels: readonly number[], options: FitOptions): SoftmaxRegression {
  const { classes, sparseSize, c, sparsePenalty = 1, maxIterations = 200, tolerance = 1e-5 } = options
  const width = items[0]!.dense.length
  const sparseStart = classes * width
  const biasStart = sparseStart + sparseSize * classes
  const penalty = 1 / (c * items.length)
  const scores = new Float64Array(classes)

  function objective (point: Float64Array): Evaluation {
    const gradient = new Float64Array(point.length)
    let loss = 0
    items.forEach(({ dense, sparse }, item) => {
      score(point, dense, sparse)
      loss += toProbabilityErrors(scores, labels[item]!)
      for (let index = 0; index < classes; index++) {
        const error = scores[index]! / items.length
        const row = index * width
        for (let dimension = 0; dimension < width; dimension++) gradient[row + dimension]! += error * dense[dimension]!
        gradient[biasStart + index]! += error
        scores[index] = error
      }
      if (!sparse) return
      for (let feature = 0; feature < sparse.indices.length; feature++) {
        const row = sparseStart + sparse.indices[feature]! * classes
        for (let index = 0; index < classes; index++) gradient[row + index]! += scores[index]! * sparse.values[feature]!
      }
    })
    let value = loss / items.length
    for (let index = 0; index < biasStart; index++) {
      const weight = penalty * (index < sparseStart ? 1 : sparsePenalty) * point[index]!
      value += weight * point[index]! / 2
      gradient[index]! += weight
    }
    return { value, gradient }
  }

  function score (point: Float64Array, dense: Float64Array, sparse: SparseVector | undefined): void {
    for (let index = 0; index < classes; index++) {
      let sum = point[biasStart + index]!
      const row = index * width
      for (let dimension = 0; dimension < width; dimension++) sum += point[row + dimension]! * dense[dimension]!
      scores[index] = sum
    }
    if (!sparse) return
    for (let feature = 0; feature < sparse.indices.length; feature++) {
      const row = sparseStart + sparse.indices[feature]! * classes
      for (let index = 0; index < classes; index++) scores[index]! += point[row + index]! * sparse.values[feature]!
    }
  }

  const { onIteration } = options
  const solution = minimize(objective, new Float64Array(biasStart + classes), { maxIterations, tolerance, ...(onIteration && { onIteration }) })
  return {
    dense: solution.subarray(0, sparseStart),
    sparse: solution.subarray(sparseStart, biasStart),
    bias: solution.subarray(biasStart)
  }
}

/** Turns scores in place into probability minus truth. @returns minus the log of the true class's probability */
function toProbabilityErrors (scores: Float64Array, label: number): number {
  const highest = scores.reduce((max, value) => Math.max(max, value), -Infinity)
  let sum = 0
  for (let index = 0; index < scores.length; index++) {
    scores[index] = Math.exp(scores[index]! - highest)
    sum += scores[index]!
  }
  for (let index = 0; index < scores.length; index++) scores[index]! /= sum
  const loss = -Math.log(Math.max(scores[label]!, 1e-300))
  scores[label]! -= 1
  return loss
}
