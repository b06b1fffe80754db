/** Logits of one item and the index of its true class. */
export interface CalibrationItem {
  readonly logits: Float64Array
  readonly label: number
}

const LOWEST = 0.05
const HIGHEST = 20
/** The logarithm is found to 3e-8. */
const STEPS = 40
const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * The temperature with the least mean negative log likelihood (Guo et al. 2017), found by golden-section search on
 * its logarithm: the loss has one minimum there.
 */
export function fitTemperature (items: readonly CalibrationItem[]): number {
  const loss = (logarithm: number) => meanLogLoss(items, Math.exp(logarithm))
  let [low, high] = [Math.log(LOWEST), Math.log(HIGHEST)]
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
  let [leftLoss, rightLoss] = [loss(left), loss(right)]
  for (let step = 0; step < STEPS; step++) {
    if (leftLoss < rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss]
      left = high - GOLDEN * (high - low)
      leftLoss = loss(left)
    } else {
      [low, left, leftLoss] = [left, right, rightLoss]
      right = low + GOLDEN * (high - low)
      rightLoss = loss(right)
    }
  }
  return Math.exp((low + high) / 2)
}

/** Mean of −ln(probability of the true class); a probability below 1e-12 counts as that. */
export function meanLogLoss (items: readonly CalibrationItem[], temperature: number): number {
  let total = 0
  for (const { logits, label } of items) {
    let highest = -Infinity
    for (const logit of logits) if (logit > highest) highest = logit
    let sum = 0
    for (const logit of logits) sum += Math.exp((logit - highest) / temperature)
    total += Math.min(Math.log(sum) - (logits[label]! - highest) / temperature, MAX_LOG_LOSS)
  }
  return total / items.length
}

const MAX_LOG_LOSS = -Math.log(1e-12)
