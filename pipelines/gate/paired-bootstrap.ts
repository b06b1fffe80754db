import { createRandom } from '../random.ts'

/** What two models said of one item. */
export interface PairedOutcome {
  readonly truth: string
  readonly candidate: string
  readonly production: string
}

/** A figure of both models on the same items, and what the difference (candidate − production) may be. */
export interface Difference {
  readonly candidate: number
  readonly production: number
  readonly difference: number
  readonly low: number
  readonly high: number
  /** Two-sided: of resamples, centred on no difference, those that differ at least as much. */
  readonly p: number
}

export interface BootstrapOptions {
  readonly resamples: number
  readonly seed: number
  /** Of the interval, for example 0.95. */
  readonly confidence: number
}

/**
 * Paired bootstrap: items are drawn with replacement, both models are judged on the same draw, and the percentiles of
 * the differences bound the interval (Efron and Tibshirani 1993, 13.3 and 16.4). The p value is
 * (1 + number of |d* − d| ≥ |d|) / (1 + resamples).
 * @returns macro-F1 over the classes that occur among the truths, and the F1 of each of them
 */
export function pairedBootstrap (outcomes: readonly PairedOutcome[], { resamples, seed, confidence }: BootstrapOptions): { macroF1: Difference, byClass: Record<string, Difference> } {
  const classes = [...new Set(outcomes.map(({ truth }) => truth))]
  const score = scorer(outcomes, classes)
  const observed = score(Int32Array.from(outcomes.keys()))
  const random = createRandom(seed)
  const draws = Array.from({ length: resamples }, () =>
    score(Int32Array.from(outcomes, () => Math.floor(random() * outcomes.length))))
  const summarize = (pick: (scores: Scores) => ScorePair | undefined) => {
    const { candidate, production } = pick(observed)!
    return summary(candidate, production, draws.flatMap(draw => difference(pick(draw))), confidence)
  }
  return {
    macroF1: summarize(({ macro }) => macro),
    byClass: Object.fromEntries(classes.map((id, index) => [id, summarize(({ byClass }) => byClass[index])]))
  }
}

interface ScorePair { candidate: number, production: number }
/** A class that does not occur in a draw has no score there. */
interface Scores { macro: ScorePair, byClass: Array<ScorePair | undefined> }

/** F1 of both models on the items at given positions; counts by class number, because it runs thousands of times. */
function scorer (outcomes: readonly PairedOutcome[], classes: readonly string[]): (positions: Int32Array) => Scores {
  const numbers = new Map(classes.map((id, index) => [id, index]))
  const coded = (pick: (outcome: PairedOutcome) => string) =>
    Int32Array.from(outcomes, outcome => numbers.get(pick(outcome)) ?? classes.length) // the last: said, yet never true
  const truths = coded(({ truth }) => truth)
  const answers = { candidate: coded(({ candidate }) => candidate), production: coded(({ production }) => production) }

  function f1 (positions: Int32Array, predicted: Int32Array, support: Int32Array): number[] {
    const hits = new Int32Array(classes.length + 1)
    const said = new Int32Array(classes.length + 1)
    for (const position of positions) {
      said[predicted[position]!]!++
      if (predicted[position] === truths[position]) hits[predicted[position]!]!++
    }
    return classes.map((_, index) => 2 * hits[index]! / (support[index]! + said[index]!))
  }

  return positions => {
    const support = new Int32Array(classes.length)
    for (const position of positions) support[truths[position]!]!++
    const candidate = f1(positions, answers.candidate, support)
    const production = f1(positions, answers.production, support)
    const byClass = classes.map((_, index) => support[index] ? { candidate: candidate[index]!, production: production[index]! } : undefined)
    const present = byClass.filter(pair => pair !== undefined)
    const mean = (side: keyof ScorePair) => present.reduce((sum, pair) => sum + pair[side], 0) / present.length
    return { macro: { candidate: mean('candidate'), production: mean('production') }, byClass }
  }
}

function difference (pair: ScorePair | undefined): number[] {
  return pair ? [pair.candidate - pair.production] : []
}

function summary (candidate: number, production: number, differences: readonly number[], confidence: number): Difference {
  const observed = candidate - production
  const sorted = Float64Array.from(differences).sort()
  const asFar = differences.filter(value => Math.abs(value - observed) >= Math.abs(observed)).length
  return {
    candidate,
    production,
    difference: observed,
    low: quantile(sorted, (1 - confidence) / 2),
    high: quantile(sorted, (1 + confidence) / 2),
    p: (1 + asFar) / (1 + differences.length)
  }
}

/** Linear between the two nearest, as NumPy's default. */
function quantile (sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!)
}
