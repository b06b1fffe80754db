/** How well a score tells what is to be found (positives) from the rest (negatives). */

/**
 * Area under the precision-recall curve as average precision: the precision at each score that occurs, weighted by
 * the recall gained there; equal scores are one step. The same as scikit-learn's `average_precision_score`.
 */
export function averagePrecision (positives: readonly number[], negatives: readonly number[]): number {
  const thresholds = [...new Set(positives)].sort((a, b) => b - a)
  let found = 0
  let area = 0
  for (const threshold of thresholds) {
    const hits = countFrom(positives, threshold)
    area += (hits - found) / positives.length * hits / (hits + countFrom(negatives, threshold))
    found = hits
  }
  return area
}

/** Share of the negatives that are flagged when the threshold is low enough to flag the given share of the positives. */
export function falsePositiveRateAt (share: number, positives: readonly number[], negatives: readonly number[]): number {
  const needed = Math.ceil(share * positives.length - 1e-9) // 0.95 · 20 is above 19 in floating point
  const threshold = positives.toSorted((a, b) => b - a)[needed - 1]!
  return countFrom(negatives, threshold) / negatives.length
}

function countFrom (scores: readonly number[], threshold: number): number {
  return scores.reduce((count, score) => count + (score >= threshold ? 1 : 0), 0)
}
