import type { HeadParameters, NgramParameters } from '../train/train-head.ts'

/** By then the loss has come within a hundredth of its least; what follows changes hardly an answer. */
const MAX_ITERATIONS = 40
const NGRAM_ITERATIONS = 15

const LONG: NgramParameters = { minLength: 2, maxLength: 5, buckets: 65_536, scale: 1, minTexts: 2 }
/** A third fewer n-grams a text, and the order of words. */
const WITH_WORDS: NgramParameters = { ...LONG, minLength: 3, maxLength: 4, words: 2 }

const EMBEDDING: HeadParameters[] = [5, 20, 60].map(c => ({ c, maxIterations: MAX_ITERATIONS }))

/** One regression for both: what is written in dialect, misspelt or full of product names asks for it. */
const TOGETHER: HeadParameters = { c: 10, maxIterations: MAX_ITERATIONS, ngrams: { ...LONG, scale: 2.5 } }

/** Two regressions, logits added: what the embedding alone already tells well asks for it. */
const APART: HeadParameters[] = EMBEDDING.flatMap(parameters => [WITH_WORDS, LONG].flatMap(ngrams =>
  [0.35, 0.5, 0.7, 1, 1.4].map(share => ({ ...parameters, ngrams: { ...ngrams, apart: { c: 30, maxIterations: NGRAM_ITERATIONS, share } } }))))

/** What is tried by default. */
export const SEARCH_GRID: readonly HeadParameters[] = [TOGETHER, ...EMBEDDING, ...APART]

/** The embedding alone. */
export const EMBEDDING_GRID: readonly HeadParameters[] = EMBEDDING

/** N-grams alone, the classical baseline: TF-IDF and multinomial logistic regression. */
export const NGRAM_GRID: readonly HeadParameters[] = [LONG, WITH_WORDS].map(ngrams => ({ c: 30, maxIterations: NGRAM_ITERATIONS, ngrams, embedding: false }))
