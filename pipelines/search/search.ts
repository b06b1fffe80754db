import { monotonicMs } from '../../api/inference/clock.ts'
import { createLinearScorer } from '../../api/inference/scores.ts'
import { scoreOutputs } from '../score/score-texts.ts'
import { type CalibrationItem, fitTemperature, meanLogLoss } from '../train/calibration.ts'
import { assignFolds } from './folds.ts'
import type { SoftmaxRegression } from '../train/softmax-regression.ts'
import { type HeadParameters, type HeadPart, type TrainingItem, partsOf, trainPart } from '../train/train-head.ts'

export interface SearchOptions {
  /** What is tried; the first one always is. */
  readonly candidates: readonly HeadParameters[]
  /** @default 4 */
  readonly folds?: number
  /** Draws the folds. @default 0 */
  readonly seed?: number
  /** No regression is begun after so many seconds. Only a search that ends before gives the same result again. @default Infinity */
  readonly budgetSeconds?: number
  /** Items with the same key are never on both sides. */
  readonly groupOf?: (item: number) => string | undefined
  readonly onProgress?: (done: number, total: number) => void
}

/** What a candidate came to, over the folds that it was tried on. */
export interface Trial {
  readonly parameters: HeadParameters
  readonly folds: number
  readonly accuracy: number
  /** Mean negative log likelihood at the best temperature. */
  readonly logLoss: number
  readonly temperature: number
}

export interface SearchResult {
  readonly best: Trial
  /** All that were tried, best first. */
  readonly trials: Trial[]
  /** Whether the budget was enough. */
  readonly complete: boolean
}

/** After each round so much of the candidates goes on to further folds. */
const KEPT = 1 / 3
/** So many go on at least: the first fold alone does not decide between near ones. */
const LEAST_KEPT = 4

/**
 * Cross-validation by successive halving (Jamieson & Talwalkar 2016): all candidates on one fold, the best of them on a
 * second, the best of these on all. Regressions that candidates have in common are fitted once, and one that differs
 * only in the penalty starts from its neighbour's weights.
 */
export async function searchHeadParameters (items: readonly TrainingItem[], classes: readonly string[], options: SearchOptions): Promise<SearchResult> {
  const { candidates, folds = 4, seed = 0, budgetSeconds = Infinity, groupOf, onProgress } = options
  const assigned = assignFolds(items, { folds, seed, groupOf })
  const fits = new FoldFits(items, classes, assigned)
  const deadline = monotonicMs() + 1_000 * budgetSeconds
  const trials = new Map<HeadParameters, Trial>()
  let remaining = [...candidates]
  let done = 0
  for (const upTo of [...new Set([1, Math.min(2, folds), folds])]) {
    for (const parameters of remaining) {
      if (trials.size && monotonicMs() > deadline) return conclude(trials, false)
      trials.set(parameters, await attempt(parameters, fits, upTo))
      onProgress?.(++done, 2 * candidates.length)
    }
    remaining = remaining.sort((a, b) => compare(trials.get(a)!, trials.get(b)!)).slice(0, Math.max(LEAST_KEPT, Math.ceil(KEPT * remaining.length)))
  }
  return conclude(trials, true)
}

function conclude (trials: ReadonlyMap<HeadParameters, Trial>, complete: boolean): SearchResult {
  const ranked = [...trials.values()].sort((a, b) => b.folds - a.folds || compare(a, b))
  return { best: ranked[0]!, trials: ranked, complete }
}

function compare (a: Trial, b: Trial): number {
  return b.accuracy - a.accuracy || a.logLoss - b.logLoss
}

async function attempt (parameters: HeadParameters, fits: FoldFits, folds: number): Promise<Trial> {
  const scored: CalibrationItem[] = []
  for (let fold = 0; fold < folds; fold++) scored.push(...await fits.score(parameters, fold))
  const temperature = fitTemperature(scored)
  const hits = scored.filter(({ logits, label }) => logits.every(logit => logit <= logits[label]!)).length
  return { parameters, folds, accuracy: hits / scored.length, logLoss: meanLogLoss(scored, temperature), temperature }
}

/** Regressions without one fold, and the logits that they give its items. */
class FoldFits {
  readonly #items: readonly TrainingItem[]
  readonly #classes: readonly string[]
  readonly #folds: Uint8Array
  readonly #logits = new Map<string, Float64Array[]>()
  /** The last fit of a fold's part, whatever its penalty. */
  readonly #neighbours = new Map<string, SoftmaxRegression>()

  constructor (items: readonly TrainingItem[], classes: readonly string[], folds: Uint8Array) {
    this.#items = items
    this.#classes = classes
    this.#folds = folds
  }

  async score (parameters: HeadParameters, fold: number): Promise<CalibrationItem[]> {
    const held = this.#items.filter((_, item) => this.#folds[item] === fold)
    const sums = held.map(() => new Float64Array(this.#classes.length))
    for (const { part, factor } of partsOf(parameters)) {
      const logits = await this.#logitsOf(part, fold, held)
      sums.forEach((sum, item) => logits[item]!.forEach((logit, index) => { sum[index]! += factor * logit }))
    }
    return sums.map((logits, item) => ({ logits, label: this.#classes.indexOf(held[item]!.label) }))
  }

  async #logitsOf (part: HeadPart, fold: number, held: readonly TrainingItem[]): Promise<Float64Array[]> {
    const key = JSON.stringify([fold, part])
    const known = this.#logits.get(key)
    if (known) return known
    const { c, ...shape } = part
    const neighbour = JSON.stringify([fold, shape])
    const { head, fit } = await trainPart(this.#items.filter((_, item) => this.#folds[item] !== fold), this.#classes, part, { start: this.#neighbours.get(neighbour) })
    this.#neighbours.set(neighbour, fit)
    const logits = scoreOutputs(createLinearScorer(head), held)
    this.#logits.set(key, logits)
    return logits
  }
}
