import { SPLITS, readDataSet } from '../pipelines/data/data-set.ts'
import type { Tokenizer } from '../api/inference/tokenizer.ts'

const COUNT = 1_000
/** Lengths of real inquiries are log-normal: median 40 tokens, 90 % at most 70. */
const MEDIAN_TOKENS = 40
const SIGMA = Math.log(70 / 40) / 1.2816

/**
 * A thousand distinct inquiries of the data set whose lengths follow those of real ones: for each quantile the unused
 * text of the nearest length. Their order is shuffled by a fixed seed.
 */
export async function benchmarkTexts (tokenizer: Tokenizer): Promise<string[]> {
  const { splits } = await readDataSet('data/inquiries/1.0.0')
  const pool = SPLITS.flatMap(split => splits[split])
    .map(({ text }) => ({ text, tokens: tokenizer.encode(text).tokens }))
    .sort((a, b) => a.tokens - b.tokens)
  const chosen = Array.from({ length: COUNT }, (_, index) => {
    const wanted = MEDIAN_TOKENS * Math.exp(SIGMA * normalQuantile((index + 0.5) / COUNT))
    const nearest = pool.reduce((best, { tokens }, position) => Math.abs(tokens - wanted) < Math.abs(pool[best]!.tokens - wanted) ? position : best, 0)
    return pool.splice(nearest, 1)[0]!.text
  })
  return shuffle(chosen)
}

/** Share of the standard normal distribution below z, inverted by bisection. */
function normalQuantile (share: number): number {
  let [low, high] = [-6, 6]
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2
    if (normalShare(middle) < share) low = middle
    else high = middle
  }
  return low
}

/** Abramowitz & Stegun 26.2.17; error below 7.5e-8. */
function normalShare (z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) *
    t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z > 0 ? 1 - tail : tail
}

/** Fisher-Yates with a linear congruential generator (Numerical Recipes), so that every run has the same order. */
function shuffle (texts: string[]): string[] {
  let state = 1
  for (let index = texts.length - 1; index > 0; index--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const other = Math.floor(state / 2 ** 32 * (index + 1))
    ;[texts[index], texts[other]] = [texts[other]!, texts[index]!]
  }
  return texts
}
