/** What a model said of one item, and the truth. */
export interface Outcome {
  readonly truth: string
  /** The class with the highest probability. */
  readonly predicted: string
  /** That probability. */
  readonly confidence: number
}

export function accuracy (outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ truth, predicted }) => truth === predicted).length / outcomes.length
}

/** Mean F1 over the classes that occur, each class counting alike. */
export function macroF1 (outcomes: readonly Outcome[]): number {
  const scores = Object.values(f1ByClass(outcomes))
  return scores.reduce((sum, score) => sum + score, 0) / scores.length
}

/** F1 of each class that occurs among the truths. */
export function f1ByClass (outcomes: readonly Outcome[]): Record<string, number> {
  const classes = [...new Set(outcomes.map(({ truth }) => truth))]
  return Object.fromEntries(classes.map(id => {
    const hits = outcomes.filter(({ truth, predicted }) => truth === id && predicted === id).length
    const occurrences = outcomes.filter(({ truth }) => truth === id).length
    const predictions = outcomes.filter(({ predicted }) => predicted === id).length
    return [id, 2 * hits / (occurrences + predictions)]
  }))
}

/**
 * Expected calibration error with bins of equal width (Guo et al. 2017): mean distance between confidence and
 * accuracy, weighted by the share of items in the bin.
 */
export function expectedCalibrationError (outcomes: readonly Outcome[], bins = 15): number {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, hits: 0 }))
  for (const { truth, predicted, confidence } of outcomes) {
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))]!
    bin.count++
    bin.confidence += confidence
    bin.hits += truth === predicted ? 1 : 0
  }
  return sums.reduce((error, { confidence, hits }) => error + Math.abs(confidence - hits), 0) / outcomes.length
}

/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counting half
 * (Mann-Whitney).
 */
export function areaUnderRoc (positives: readonly number[], negatives: readonly number[]): number {
  const ranked = [...positives.map(score => ({ score, positive: true })), ...negatives.map(score => ({ score, positive: false }))]
    .sort((a, b) => a.score - b.score)
  let rankSum = 0
  for (let start = 0; start < ranked.length;) {
    let end = start
    while (end < ranked.length && ranked[end]!.score === ranked[start]!.score) end++
    const meanRank = (start + 1 + end) / 2
    rankSum += meanRank * ranked.slice(start, end).filter(item => item.positive).length
    start = end
  }
  return (rankSum - positives.length * (positives.length + 1) / 2) / (positives.length * negatives.length)
}
