import { type SparseVector, weighNgrams } from '../../../api/inference/ngrams.ts'
import { fitSoftmaxRegression } from '../../train/softmax-regression.ts'
import { type LabelledText, type TextClassifier, wordsOf } from './text-classifier.ts'

/** Characters of an n-gram. With 3 beside 4 training takes half as long again and is no better on validation. */
const LENGTH = 4
/** A term in fewer training texts is left out. */
const MIN_TEXTS = 3
const NO_EMBEDDING = new Float64Array(0)
/** Some seconds on 10,000 texts; 20 are too few. */
export const TFIDF_ITERATIONS = 30
const C = 10

/**
 * The classical way without an encoder: words and character n-grams inside them, weighed by TF-IDF, and multinomial
 * logistic regression.
 */
export async function trainTfidf (train: readonly LabelledText[], onIteration?: (iteration: number) => void): Promise<TextClassifier> {
  const terms = train.map(({ text }) => countTerms(text))
  const columns = columnsOf(terms)
  const idf = inverseDocumentFrequency(terms, columns)
  const vectorOf = (counts: ReadonlyMap<string, number>): SparseVector => weighNgrams(toColumns(counts, columns), idf)
  const labels = [...new Set(train.map(({ label }) => label))].sort()
  const items = terms.map(counts => ({ dense: NO_EMBEDDING, sparse: vectorOf(counts) }))
  const { sparse, bias } = await fitSoftmaxRegression(items, train.map(({ label }) => labels.indexOf(label)), {
    classes: labels.length, sparseSize: columns.size, c: C, maxIterations: TFIDF_ITERATIONS, ...(onIteration && { onIteration })
  })
  return text => {
    const { indices, values } = vectorOf(countTerms(text))
    const scores = bias.map((score, label) =>
      indices.reduce((sum, column, index) => sum + values[index]! * sparse[column * labels.length + label]!, score))
    return labels[scores.indexOf(Math.max(...scores))]!
  }
}

function countTerms (text: string): Map<string, number> {
  const counts = new Map<string, number>()
  const count = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1)
  for (const word of wordsOf(text)) {
    count(word)
    const padded = `<${word}>` // which no word has: its n-grams are told from whole words
    for (let start = 0; start + LENGTH <= padded.length; start++) count(`-${padded.slice(start, start + LENGTH)}`)
  }
  return counts
}

function columnsOf (texts: ReadonlyArray<ReadonlyMap<string, number>>): Map<string, number> {
  const frequency = new Map<string, number>()
  for (const terms of texts) for (const term of terms.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1)
  return new Map([...frequency].filter(([, count]) => count >= MIN_TEXTS).map(([term], column) => [term, column]))
}

/** Smoothed: ln((1 + n) / (1 + df)) + 1. */
function inverseDocumentFrequency (texts: ReadonlyArray<ReadonlyMap<string, number>>, columns: ReadonlyMap<string, number>): Float32Array {
  const frequency = new Float32Array(columns.size)
  for (const terms of texts) for (const column of toColumns(terms, columns).keys()) frequency[column]!++
  return frequency.map(count => Math.log((1 + texts.length) / (1 + count)) + 1)
}

function toColumns (counts: ReadonlyMap<string, number>, columns: ReadonlyMap<string, number>): Map<number, number> {
  return new Map([...counts].filter(([term]) => columns.has(term)).map(([term, count]) => [columns.get(term)!, count]))
}
