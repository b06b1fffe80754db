import type { Head, NgramHead } from '../../api/inference/head.ts'
import { type NgramOptions, type SparseVector, countNgrams, weighNgrams } from '../../api/inference/ngrams.ts'
import { type Features, fitSoftmaxRegression } from './softmax-regression.ts'

/** A text with its embedding and its class. */
export interface TrainingItem {
  readonly text: string
  readonly embedding: Float32Array
  readonly label: string
}

export interface HeadParameters {
  /** Inverse strength of the L2 penalty. */
  readonly c: number
  readonly maxIterations: number
  /** Character n-grams beside the embedding; left out: the embedding alone. */
  readonly ngrams?: NgramOptions & {
    /** Length of the n-gram vector beside the embedding, which has length 1 on average. */
    readonly scale: number
    /** An n-gram in fewer texts is left out. */
    readonly minTexts: number
  }
}

/**
 * Trains the head of an embedding: multinomial logistic regression on centred embeddings and n-grams, then centring
 * and scaling folded into the weights, so that serving is one product.
 */
export function trainHead (items: readonly TrainingItem[], classes: readonly string[], parameters: HeadParameters, onIteration?: (iteration: number, loss: number) => void): Head {
  const { mean, scale } = standardization(items.map(item => item.embedding))
  const counts = parameters.ngrams && items.map(({ text }) => countNgrams(text, parameters.ngrams!))
  const idf = counts && inverseDocumentFrequency(counts, parameters.ngrams!)
  const columns = idf && usedBuckets(idf)
  const features = items.map(({ embedding }, index): Features => ({
    dense: Float64Array.from(embedding, (value, dimension) => (value - mean[dimension]!) / scale),
    ...(columns && { sparse: toColumns(weighNgrams(counts![index]!, idf), columns, parameters.ngrams!.scale) })
  }))
  const classIndex = new Map(classes.map((id, index) => [id, index]))
  const labels = items.map(({ label }) => {
    const index = classIndex.get(label)
    if (index === undefined) throw new Error(`Label ${label} is no class of the head`)
    return index
  })
  const fit = fitSoftmaxRegression(features, labels, {
    classes: classes.length,
    sparseSize: columns?.size ?? 0,
    c: parameters.c,
    maxIterations: parameters.maxIterations,
    ...(onIteration && { onIteration })
  })
  const weights = classes.map((_, index) => fit.dense.slice(index * mean.length, (index + 1) * mean.length).map(weight => weight / scale))
  const bias = fit.bias.map((value, index) => value - weights[index]!.reduce((sum, weight, dimension) => sum + weight * mean[dimension]!, 0))
  return { classes, weights, bias, ngrams: columns && toNgramHead(parameters.ngrams!, idf, columns, fit.sparse) }
}

/** The mean embedding and the root mean square distance to it. */
function standardization (embeddings: readonly Float32Array[]): { mean: Float64Array, scale: number } {
  const mean = new Float64Array(embeddings[0]!.length)
  for (const embedding of embeddings) embedding.forEach((value, index) => { mean[index]! += value / embeddings.length })
  const squares = embeddings.reduce((sum, embedding) =>
    sum + embedding.reduce((part, value, index) => part + (value - mean[index]!) ** 2, 0), 0)
  return { mean, scale: Math.sqrt(squares / embeddings.length) || 1 }
}

/** Smoothed idf, ln((1 + n) / (1 + df)) + 1, and 0 for n-grams in too few texts. */
function inverseDocumentFrequency (counts: ReadonlyArray<Map<number, number>>, { buckets, minTexts }: { buckets: number, minTexts: number }): Float32Array {
  const texts = new Uint32Array(buckets)
  for (const count of counts) for (const bucket of count.keys()) texts[bucket]!++
  return Float32Array.from(texts, frequency => frequency < minTexts ? 0 : Math.log((1 + counts.length) / (1 + frequency)) + 1)
}

/** Buckets that occur, each with its column: training leaves the empty ones out. */
function usedBuckets (idf: Float32Array): Map<number, number> {
  const columns = new Map<number, number>()
  idf.forEach((value, bucket) => { if (value > 0) columns.set(bucket, columns.size) })
  return columns
}

function toColumns ({ indices, values }: SparseVector, columns: ReadonlyMap<number, number>, factor: number): SparseVector {
  return { indices: indices.map(bucket => columns.get(bucket)!), values: values.map(value => value * factor) }
}

/** The scale goes into the weights, so that serving need not know it. */
function toNgramHead ({ minLength, maxLength, buckets, scale }: NonNullable<HeadParameters['ngrams']>, idf: Float32Array, columns: ReadonlyMap<number, number>, fitted: Float64Array): NgramHead {
  const classes = fitted.length / columns.size
  const weights = new Float32Array(buckets * classes)
  for (const [bucket, column] of columns) {
    for (let index = 0; index < classes; index++) weights[bucket * classes + index] = fitted[column * classes + index]! * scale
  }
  return { options: { minLength, maxLength, buckets }, idf, weights }
}
