import { groupBy } from './group-by.ts'

/** What a model said of one item, and the truth. */
export interface Outcome {
  readonly truth: string
  /** The class with the highest probability. */
  readonly predicted: string
  /** That probability. */
  readonly confidence: number
}

export interface ClassScores {
  /** Of the items that were given the class: those that have it; 0 where none was. */
  readonly precision: number
  /** Of the items that have the class: those that were given it. */
  readonly recall: number
  /** Harmonic mean of the two. */
  readonly f1: number
  /** Items that have the class. */
  readonly support: number
}

/** Items whose confidence lies between two bounds. */
export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly items: number
  /** Mean confidence. */
  readonly confidence: number
  readonly accuracy: number
}

const BINS = 15

export function accuracy (outcomes: readonly Outcome[]): number {
  return outcomes.filter(isRight).length / outcomes.length
}

/** Mean F1 over the classes that occur, each class counting alike. */
export function macroF1 (outcomes: readonly Outcome[]): number {
  const scores = Object.values(scoresByClass(outcomes))
  return scores.reduce((sum, { f1 }) => sum + f1, 0) / scores.length
}

/** Precision, recall and F1 of each class that occurs among the truths. */
export function scoresByClass (outcomes: readonly Outcome[]): Record<string, ClassScores> {
  const given = groupBy(outcomes, ({ predicted }) => predicted)
  return Object.fromEntries([...groupBy(outcomes, ({ truth }) => truth)].map(([id, items]) => {
    const [hits, predictions] = [items.filter(isRight).length, given.get(id)?.length ?? 0]
    return [id, { precision: predictions && hits / predictions, recall: hits / items.length, f1: 2 * hits / (items.length + predictions), support: items.length }]
  }))
}

/** How often each class was given for each truth; pairs that do not occur are left out. */
export function confusionOf (outcomes: readonly Outcome[]): Record<string, Record<string, number>> {
  return Object.fromEntries([...groupBy(outcomes, ({ truth }) => truth)].map(([id, items]) =>
    [id, Object.fromEntries([...groupBy(items, ({ predicted }) => predicted)].map(([predicted, { length }]) => [predicted, length]))]))
}

/** Confidence and accuracy by bins of equal width; empty ones are left out. */
export function reliabilityOf (outcomes: readonly Outcome[], bins = BINS): ReliabilityBin[] {
  const filled = groupBy(outcomes, ({ confidence }) => Math.min(bins - 1, Math.floor(confidence * bins)))
  return [...filled].sort(([a], [b]) => a - b).map(([bin, items]) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    items: items.length,
    confidence: items.reduce((sum, { confidence }) => sum + confidence, 0) / items.length,
    accuracy: accuracy(items)
  }))
}

/**
 * Expected calibration error with bins of equal width (Guo et al. 2017): mean distance between confidence and
 * accuracy, weighted by the share of items in the bin.
 */
export function expectedCalibrationError (outcomes: readonly Outcome[], bins = BINS): number {
  return reliabilityOf(outcomes, bins).reduce((error, bin) =>
    error + Math.abs(bin.confidence - bin.accuracy) * bin.items / outcomes.length, 0)
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

function isRight ({ truth, predicted }: Outcome): boolean {
  return truth === predicted
}
