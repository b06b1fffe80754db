import type { SparseVector } from '../../../api/inference/ngrams.ts'

/** One training item: a dense vector, and a sparse one where the model has n-grams. */
export interface Features {
  /** Of length 0 where there are n-grams alone. */
  readonly dense: Float64Array
  readonly sparse?: SparseVector | undefined
}

/** A sparse matrix: line i has the entries from `starts[i]` to before `starts[i + 1]`. */
export interface SparseMatrix {
  readonly starts: Uint32Array
  readonly indices: Uint32Array
  readonly values: Float32Array
}

/** What is to be fitted, in memory that threads share. */
export interface Problem {
  readonly items: number
  readonly classes: number
  /** Length of the dense vectors. */
  readonly width: number
  /** Length of the sparse vectors. */
  readonly columns: number
  /** Index of each item's class. */
  readonly labels: Uint32Array
  /** [item × width] */
  readonly dense: Float64Array
  readonly byItem: SparseMatrix
  /** The same entries, transposed. */
  readonly byColumn: SparseMatrix
  /** Where the loss is wanted: dense weights [class × width], sparse ones [column × class], bias [class]. */
  readonly point: Float64Array
  /** Probability minus truth, divided by the number of items: [item × class]. */
  readonly errors: Float64Array
  /** Of each chunk of items: gradient of the dense weights, gradient of the bias, loss. */
  readonly chunkSums: Float64Array
  /** Of the sparse weights: [column × class]. */
  readonly sparseGradient: Float64Array
}

/** Sums go over fixed chunks, in order, however many threads share them: the result is the same bit for bit. */
export const CHUNK_ITEMS = 1_024

export function createProblem (features: readonly Features[], labels: readonly number[], classes: number, columns: number): Problem {
  const items = features.length
  const width = features[0]!.dense.length
  const dense = shared(Float64Array, items * width)
  features.forEach((item, index) => dense.set(item.dense, index * width))
  const byItem = toSparseMatrix(features)
  return {
    items,
    classes,
    width,
    columns,
    labels: shared(Uint32Array, items, labels),
    dense,
    byItem,
    byColumn: transpose(byItem, columns),
    point: shared(Float64Array, classes * (width + columns + 1)),
    errors: shared(Float64Array, items * classes),
    chunkSums: shared(Float64Array, chunkCount(items) * chunkSize(classes, width)),
    sparseGradient: shared(Float64Array, columns * classes)
  }
}

export function chunkCount (items: number): number {
  return Math.ceil(items / CHUNK_ITEMS)
}

/** Numbers that a chunk has in `chunkSums`. */
export function chunkSize (classes: number, width: number): number {
  return classes * (width + 1) + 1
}

function toSparseMatrix (features: readonly Features[]): SparseMatrix {
  const entries = features.reduce((sum, { sparse }) => sum + (sparse?.indices.length ?? 0), 0)
  const matrix = { starts: shared(Uint32Array, features.length + 1), indices: shared(Uint32Array, entries), values: shared(Float32Array, entries) }
  features.forEach(({ sparse }, item) => {
    const start = matrix.starts[item]!
    if (sparse) {
      matrix.indices.set(sparse.indices, start)
      matrix.values.set(sparse.values, start)
    }
    matrix.starts[item + 1] = start + (sparse?.indices.length ?? 0)
  })
  return matrix
}

function transpose ({ starts, indices, values }: SparseMatrix, columns: number): SparseMatrix {
  const result = { starts: shared(Uint32Array, columns + 1), indices: shared(Uint32Array, indices.length), values: shared(Float32Array, indices.length) }
  for (const column of indices) result.starts[column + 1]!++
  for (let column = 0; column < columns; column++) result.starts[column + 1]! += result.starts[column]!
  const next = result.starts.slice()
  for (let item = 0; item + 1 < starts.length; item++) {
    for (let entry = starts[item]!; entry < starts[item + 1]!; entry++) {
      const place = next[indices[entry]!]!++
      result.indices[place] = item
      result.values[place] = values[entry]!
    }
  }
  return result
}

interface TypedArray { set (values: ArrayLike<number>): void }

function shared<Kind extends TypedArray> (ArrayOfKind: { new (buffer: SharedArrayBuffer): Kind, readonly BYTES_PER_ELEMENT: number }, length: number, values?: ArrayLike<number>): Kind {
  const array = new ArrayOfKind(new SharedArrayBuffer(length * ArrayOfKind.BYTES_PER_ELEMENT))
  if (values) array.set(values)
  return array
}
