import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type from 'typebox'
import Value from 'typebox/value'
import { type NgramOptions, NgramOptionsSchema } from './ngrams.ts'

/** The linear layer that follows an embedding: logits = weights · embedding + n-gram weights · n-grams + bias. */
export interface Head {
  readonly classes: readonly string[]
  /** One row a class, one number a dimension of the embedding. */
  readonly weights: readonly Float64Array[]
  /** One number a class. */
  readonly bias: Float64Array
  readonly ngrams?: NgramHead | undefined
}

export interface NgramHead {
  readonly options: NgramOptions
  /** Inverse document frequency of each bucket. */
  readonly idf: Float32Array
  /** One row a bucket, one number a class. */
  readonly weights: Float32Array
}

const HEAD_FILE = 'head.json'
const NGRAM_FILE = 'ngrams.bin'

const HeadFileSchema = Type.Object({
  kind: Type.Literal('linear'),
  classes: Type.Array(Type.String()),
  weights: Type.Array(Type.Array(Type.Number())),
  bias: Type.Array(Type.Number()),
  ngrams: Type.Optional(NgramOptionsSchema)
}, { additionalProperties: false })

/**
 * Reads `head.json` and, where it names n-grams, `ngrams.bin`: little-endian float32, the idf of each bucket and
 * then the weights, one row a bucket.
 * @param size length of the embedding
 * @throws when they are not a linear head for these classes and this embedding
 */
export async function loadHead (directory: string, classes: readonly string[], size: number): Promise<Head> {
  const path = join(directory, HEAD_FILE)
  const file: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (!Value.Check(HeadFileSchema, file)) throw new Error(`${path} is no linear head`)
  if (file.classes.join() !== classes.join()) throw new Error(`${path} is for other classes than its manifest`)
  if (file.bias.length !== classes.length || file.weights.length !== classes.length || file.weights.some(row => row.length !== size)) {
    throw new Error(`${path} has not ${classes.length} rows of ${size} weights and as many biases`)
  }
  return {
    classes,
    weights: file.weights.map(row => Float64Array.from(row)),
    bias: Float64Array.from(file.bias),
    ngrams: file.ngrams && await loadNgrams(join(directory, NGRAM_FILE), file.ngrams, classes.length)
  }
}

/** Writes a head as `loadHead` reads it. @returns the names of the files written */
export async function saveHead (directory: string, { classes, weights, bias, ngrams }: Head): Promise<string[]> {
  const file = { kind: 'linear', classes, weights: weights.map(row => [...row]), bias: [...bias], ...(ngrams && { ngrams: ngrams.options }) }
  await writeFile(join(directory, HEAD_FILE), JSON.stringify(file) + '\n')
  if (!ngrams) return [HEAD_FILE]
  const bytes = Buffer.alloc(4 * (ngrams.idf.length + ngrams.weights.length))
  ngrams.idf.forEach((value, index) => bytes.writeFloatLE(value, 4 * index))
  ngrams.weights.forEach((value, index) => bytes.writeFloatLE(value, 4 * (ngrams.idf.length + index)))
  await writeFile(join(directory, NGRAM_FILE), bytes)
  return [HEAD_FILE, NGRAM_FILE]
}

async function loadNgrams (path: string, options: NgramOptions, classes: number): Promise<NgramHead> {
  const bytes = await readFile(path)
  const expected = 4 * options.buckets * (1 + classes)
  if (bytes.length !== expected) throw new Error(`${path} has ${bytes.length} bytes; ${options.buckets} buckets and ${classes} classes need ${expected}`)
  const values = Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index))
  return { options, idf: values.subarray(0, options.buckets), weights: values.subarray(options.buckets) }
}
