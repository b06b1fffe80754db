import { type Outcome, accuracy } from './metrics.ts'

export interface CoveragePoint {
  /** Share of the items that are answered: the most certain ones. */
  readonly coverage: number
  /** Of these: answered rightly. */
  readonly accuracy: number
  /** The least confidence among them. */
  readonly threshold: number
}

const POINTS = 20

/** Accuracy of the most certain part, for growing parts (El-Yaniv & Wiener 2010, selective classification). */
export function coverageCurve (outcomes: readonly Outcome[], points = POINTS): CoveragePoint[] {
  const ranked = outcomes.toSorted((a, b) => b.confidence - a.confidence)
  const sizes = Array.from({ length: points }, (_, index) => Math.round((index + 1) / points * ranked.length))
  return [...new Set(sizes)].filter(Boolean).map(size => ({
    coverage: size / ranked.length,
    accuracy: accuracy(ranked.slice(0, size)),
    threshold: ranked[size - 1]!.confidence
  }))
}
