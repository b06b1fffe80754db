import type { Head, NgramHead } from '../../api/inference/head.ts'
import { type NgramOptions, type SparseVector, countNgrams, weighNgrams } from '../../api/inference/ngrams.ts'
import { type Features, type SoftmaxRegression, fitSoftmaxRegression } from './softmax-regression.ts'

/** A text with its embedding and its class. */
export interface TrainingItem {
  readonly text: string
  readonly embedding: Float32Array
  readonly label: string
}

export interface NgramParameters extends NgramOptions {
  /** Length of the n-gram vector beside the embedding, which has length 1 on average. */
  readonly scale: number
  /** An n-gram in fewer texts is left out. */
  readonly minTexts: number
}

export interface HeadParameters {
  /** Inverse strength of the L2 penalty. */
  readonly c: number
  readonly maxIterations: number
  /** Character n-grams beside the embedding; left out: the embedding alone. */
  readonly ngrams?: NgramParameters & {
    /** The n-grams get a regression of their own; left out: one for both. */
    readonly apart?: {
      /** Inverse strength of its penalty. */
      readonly c: number
      readonly maxIterations: number
      /** Its logits are added with this factor. */
      readonly share: number
    }
  }
  /** False: n-grams alone, a baseline. @default true */
  readonly embedding?: boolean
}

/** What one regression reads. */
export interface HeadPart {
  readonly c: number
  readonly maxIterations: number
  readonly embedding: boolean
  readonly ngrams?: NgramParameters | undefined
}

/** Trains the head of an embedding: one regression, or two whose logits are added. Serving is one product all the same. */
export async function trainHead (items: readonly TrainingItem[], classes: readonly string[], parameters: HeadParameters, onIteration?: (iteration: number, loss: number) => void): Promise<Head> {
  const [first, ...others] = partsOf(parameters)
  let { head } = await trainPart(items, classes, first.part, { ...(onIteration && { onIteration }) })
  for (const { part, factor } of others) head = addHeads(head, (await trainPart(items, classes, part)).head, factor)
  return head
}

/** The regressions that parameters ask for, and the factors of their logits; the first has factor 1. */
export function partsOf ({ c, maxIterations, ngrams, embedding = true }: HeadParameters): [WeightedPart, ...WeightedPart[]] {
  if (!ngrams?.apart) return [{ part: { c, maxIterations, embedding, ngrams }, factor: 1 }]
  const { apart, ...options } = ngrams
  return [
    { part: { c, maxIterations, embedding: true }, factor: 1 },
    { part: { c: apart.c, maxIterations: apart.maxIterations, embedding: false, ngrams: options }, factor: apart.share }
  ]
}

export interface WeightedPart {
  readonly part: HeadPart
  readonly factor: number
}

export interface PartOptions {
  /** A fit of the same items and n-grams to start from. */
  readonly start?: SoftmaxRegression | undefined
  readonly onIteration?: (iteration: number, loss: number) => void
}

/**
 * Multinomial logistic regression on centred embeddings and n-grams, then centring and scaling folded into the weights.
 */
export async function trainPart (items: readonly TrainingItem[], classes: readonly string[], { c, maxIterations, embedding, ngrams }: HeadPart, options: PartOptions = {}): Promise<{ head: Head, fit: SoftmaxRegression }> {
  const { mean, scale } = standardization(items.map(item => item.embedding))
  const counts = ngrams && items.map(({ text }) => countNgrams(text, ngrams))
  const idf = counts && inverseDocumentFrequency(counts, ngrams)
  const columns = idf && usedBuckets(idf)
  const features = items.map((item, index): Features => ({
    dense: embedding ? Float64Array.from(item.embedding, (value, dimension) => (value - mean[dimension]!) / scale) : NO_EMBEDDING,
    ...(columns && { sparse: toColumns(weighNgrams(counts![index]!, idf), columns, ngrams!.scale) })
  }))
  const fit = await fitSoftmaxRegression(features, classIndices(items, classes), { classes: classes.length, sparseSize: columns?.size ?? 0, c, maxIterations, ...options })
  const weights = classes.map((_, index) => embedding ? fit.dense.slice(index * mean.length, (index + 1) * mean.length).map(weight => weight / scale) : new Float64Array(mean.length))
  const bias = fit.bias.map((value, index) => value - weights[index]!.reduce((sum, weight, dimension) => sum + weight * mean[dimension]!, 0))
  return { head: { classes, weights, bias, ngrams: columns && toNgramHead(ngrams!, idf, columns, fit.sparse) }, fit }
}

const NO_EMBEDDING = new Float64Array(0)

/** The head that gives the first one's logits plus the second one's times a factor; n-grams are the second one's. */
function addHeads (first: Head, second: Head, factor: number): Head {
  return {
    classes: first.classes,
    weights: first.weights.map((row, index) => row.map((weight, dimension) => weight + factor * second.weights[index]![dimension]!)),
    bias: first.bias.map((value, index) => value + factor * second.bias[index]!),
    ngrams: second.ngrams && { ...second.ngrams, weights: second.ngrams.weights.map(weight => weight * factor) }
  }
}

function classIndices (items: readonly TrainingItem[], classes: readonly string[]): number[] {
  const indices = new Map(classes.map((id, index) => [id, index]))
  return items.map(({ label }) => {
    const index = indices.get(label)
    if (index === undefined) throw new Error(`Label ${label} is no class of the head`)
    return index
  })
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
function inverseDocumentFrequency (counts: ReadonlyArray<Map<number, number>>, { buckets, minTexts }: NgramParameters): Float32Array {
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
function toNgramHead ({ minLength, maxLength, buckets, words, scale }: NgramParameters, idf: Float32Array, columns: ReadonlyMap<number, number>, fitted: Float64Array): NgramHead {
  const classes = fitted.length / columns.size
  const weights = new Float32Array(buckets * classes)
  for (const [bucket, column] of columns) {
    for (let index = 0; index < classes; index++) weights[bucket * classes + index] = fitted[column * classes + index]! * scale
  }
  return { options: { minLength, maxLength, buckets, ...(words !== undefined && { words }) }, idf, weights }
}
