import { CHUNK_ITEMS, type Problem, type SparseMatrix, chunkCount, chunkSize } from './problem.ts'
import { type Matrix, type Products, openProducts } from './products.ts'

/** One thread's part of loss and gradient: some chunks of items, and some columns of the sparse features. */
export class GradientPart {
  readonly #problem: Problem
  readonly #products: Products
  readonly #chunks: Chunk[]
  readonly #columns: { readonly from: number, readonly to: number }

  private constructor (problem: Problem, products: Products, part: number, parts: number) {
    this.#problem = problem
    this.#products = products
    this.#chunks = Array.from({ length: chunkCount(problem.items) }, (_, index) => index)
      .filter(index => index % parts === part)
      .map(index => toChunk(problem, index))
    this.#columns = { from: columnAt(problem.byColumn, part / parts), to: columnAt(problem.byColumn, (part + 1) / parts) }
  }

  /** @param part from 0; `parts` of them share the work */
  static async open (problem: Problem, part: number, parts: number): Promise<GradientPart> {
    return new GradientPart(problem, await openProducts(), part, parts)
  }

  /** First: errors of the part's items, and the sums of its chunks. */
  async sumItems (): Promise<void> {
    const { classes, width, point, chunkSums } = this.#problem
    const weights = { rows: classes, columns: width, values: point.slice(0, classes * width) }
    for (const chunk of this.#chunks) {
      const errors = width ? await this.#products.timesTransposed(chunk.dense, weights) : new Float64Array(chunk.dense.rows * classes)
      const sums = chunkSums.subarray(chunk.index * chunkSize(classes, width), (chunk.index + 1) * chunkSize(classes, width))
      addSparseScores(errors, chunk, this.#problem)
      const biasSums = sums.fill(0).subarray(classes * width)
      biasSums[classes] = toErrors(errors, chunk, this.#problem, biasSums)
      this.#problem.errors.set(errors, chunk.from * classes)
      if (width) sums.set(await this.#products.transposedTimes({ rows: chunk.dense.rows, columns: classes, values: errors }, chunk.dense))
    }
  }

  /** Then, when all parts have the errors of their items: the sparse gradient of the part's columns. */
  sumColumns (): void {
    const { classes, errors, byColumn, sparseGradient } = this.#problem
    sparseGradient.fill(0, this.#columns.from * classes, this.#columns.to * classes)
    for (let column = this.#columns.from; column < this.#columns.to; column++) {
      addRows(sparseGradient, column * classes, errors, byColumn, column, classes)
    }
  }

  async close (): Promise<void> {
    await this.#products.close()
  }
}

interface Chunk {
  readonly index: number
  /** First item. */
  readonly from: number
  readonly dense: Matrix
}

function toChunk ({ items, width, dense }: Problem, index: number): Chunk {
  const from = index * CHUNK_ITEMS
  const to = Math.min(items, from + CHUNK_ITEMS)
  return { index, from, dense: { rows: to - from, columns: width, values: dense.slice(from * width, to * width) } }
}

/** The first column past a share of the entries. */
function columnAt ({ starts, indices }: SparseMatrix, share: number): number {
  if (share === 1) return starts.length - 1
  return starts.findIndex(start => start >= share * indices.length)
}

function addSparseScores (scores: Float64Array, { from, dense: { rows } }: Chunk, { classes, width, columns, point, byItem }: Problem): void {
  const sparse = point.subarray(classes * width)
  const bias = point.subarray(classes * (width + columns))
  for (let row = 0; row < rows; row++) {
    for (let index = 0; index < classes; index++) scores[row * classes + index]! += bias[index]!
    addRows(scores, row * classes, sparse, byItem, from + row, classes)
  }
}

/** Adds to a row of one table the rows of another that a line of the matrix names; four at a time, which is twice as fast. */
function addRows (target: Float64Array, at: number, source: Float64Array, { starts, indices, values }: SparseMatrix, line: number, classes: number): void {
  const end = starts[line + 1]!
  let entry = starts[line]!
  for (; entry + 3 < end; entry += 4) {
    const [a, b, c, d] = [indices[entry]! * classes, indices[entry + 1]! * classes, indices[entry + 2]! * classes, indices[entry + 3]! * classes]
    const [p, q, r, s] = [values[entry]!, values[entry + 1]!, values[entry + 2]!, values[entry + 3]!]
    for (let index = 0; index < classes; index++) {
      target[at + index]! += p * source[a + index]! + q * source[b + index]! + r * source[c + index]! + s * source[d + index]!
    }
  }
  for (; entry < end; entry++) {
    const a = indices[entry]! * classes
    const p = values[entry]!
    for (let index = 0; index < classes; index++) target[at + index]! += p * source[a + index]!
  }
}

/**
 * Turns scores in place into (probability − truth) / items, and adds them to the sums of the bias.
 * @returns the sum of −ln(probability of the true class) / items
 */
function toErrors (scores: Float64Array, { from, dense: { rows } }: Chunk, { classes, items, labels }: Problem, biasSums: Float64Array): number {
  let loss = 0
  for (let row = 0; row < rows; row++) {
    const start = row * classes
    let highest = -Infinity
    for (let index = start; index < start + classes; index++) if (scores[index]! > highest) highest = scores[index]!
    const label = start + labels[from + row]!
    const own = scores[label]! - highest
    let sum = 0
    for (let index = start; index < start + classes; index++) sum += scores[index] = Math.exp(scores[index]! - highest)
    loss += Math.log(sum) - own
    const factor = 1 / (sum * items)
    for (let index = start; index < start + classes; index++) scores[index]! *= factor
    scores[label]! -= 1 / items
    for (let index = 0; index < classes; index++) biasSums[index]! += scores[start + index]!
  }
  return loss / items
}
