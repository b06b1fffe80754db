import { softmax } from '../../api/inference/scores.ts'

/** Logits of one item and the index of its true class. */
export interface CalibrationItem {
  readonly logits: Float64Array
  readonly label: number
}

const LOWEST = 0.05
const HIGHEST = 20
const STEPS = 60
const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * The temperature with the least mean negative log likelihood (Guo et al. 2017), found by golden-section search on
 * its logarithm: the loss has one minimum there.
 */
export function fitTemperature (items: readonly CalibrationItem[]): number {
  const loss = (logarithm: number) => items.reduce((sum, { logits, label }) =>
    sum - Math.log(Math.max(softmax(logits, Math.exp(logarithm))[label]!, 1e-12)), 0)
  let [low, high] = [Math.log(LOWEST), Math.log(HIGHEST)]
  for (let step = 0; step < STEPS; step++) {
    const left = high - GOLDEN * (high - low)
    const right = low + GOLDEN * (high - low)
    if (loss(left) < loss(right)) high = right
    else low = left
  }
  return Math.exp((low + high) / 2)
}
