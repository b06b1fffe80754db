import { availableParallelism } from 'node:os'
import { type Evaluation, minimize } from './lbfgs.ts'
import { type GradientThreads, startGradientThreads } from './regression/gradient-threads.ts'
import { createPreconditioner } from './regression/preconditioner.ts'
import { type Features, type Problem, chunkCount, chunkSize, createProblem } from './regression/problem.ts'
import { openProducts } from './regression/products.ts'

export type { Features } from './regression/problem.ts'

export interface FitOptions {
  readonly classes: number
  /** Width of the sparse part; 0 without one. */
  readonly sparseSize: number
  /** Inverse strength of the L2 penalty, as in scikit-learn: sum of losses + |weights|² / (2 · c). */
  readonly c: number
  /** @default 200 */
  readonly maxIterations?: number
  /** Stop when no component of the mean loss's gradient is larger. @default 1e-5 */
  readonly tolerance?: number
  /** A fit to start from, of the same shape. @default zero */
  readonly start?: SoftmaxRegression | undefined
  /** Threads that share the gradient; the result does not depend on it. @default the cores, 1 for little work */
  readonly threads?: number
  readonly onIteration?: (iteration: number, loss: number) => void
}

/** Weights row by row: dense [class × dimension], sparse [bucket × class], bias [class]. */
export interface SoftmaxRegression {
  readonly dense: Float64Array
  readonly sparse: Float64Array
  readonly bias: Float64Array
}

/** With fewer products a gradient, threads cost more than they give. */
const LITTLE_WORK = 5e6

/**
 * Fits multinomial logistic regression by preconditioned L-BFGS. Deterministic: no sampling, and sums in an order that
 * does not depend on the threads.
 * @param labels index of each item's class
 */
export async function fitSoftmaxRegression (items: readonly Features[], labels: readonly number[], options: FitOptions): Promise<SoftmaxRegression> {
  const { classes, sparseSize, maxIterations = 200, tolerance = 1e-5, onIteration } = options
  const problem = createProblem(items, labels, classes, sparseSize)
  const penalty = 1 / (options.c * items.length)
  const products = await openProducts()
  const threads = await startGradientThreads(problem, options.threads ?? threadsFor(problem))
  try {
    const precondition = await createPreconditioner(problem, penalty, products)
    const start = new Float64Array(problem.point.length)
    if (options.start) join(options.start, start)
    const solution = await minimize(async point => await evaluate(problem, threads, penalty, point), start, { maxIterations, tolerance, precondition, ...(onIteration && { onIteration }) })
    return split(solution, problem)
  } finally {
    await threads.close()
    await products.close()
  }
}

function threadsFor ({ items, classes, width, byItem }: Problem): number {
  return classes * (items * width + byItem.indices.length) < LITTLE_WORK ? 1 : availableParallelism()
}

/** Mean loss and its gradient, penalty included. */
async function evaluate (problem: Problem, threads: GradientThreads, penalty: number, point: Float64Array): Promise<Evaluation> {
  const { items, classes, width, columns, chunkSums, sparseGradient } = problem
  problem.point.set(point)
  await threads.compute()
  const gradient = new Float64Array(point.length)
  const denseSize = classes * width
  const biasStart = denseSize + classes * columns
  let value = 0
  for (let chunk = 0; chunk < chunkCount(items); chunk++) {
    const start = chunk * chunkSize(classes, width)
    for (let index = 0; index < denseSize; index++) gradient[index]! += chunkSums[start + index]!
    for (let index = 0; index < classes; index++) gradient[biasStart + index]! += chunkSums[start + denseSize + index]!
    value += chunkSums[start + denseSize + classes]!
  }
  gradient.set(sparseGradient, denseSize)
  let squares = 0
  for (let index = 0; index < biasStart; index++) {
    squares += point[index]! ** 2
    gradient[index]! += penalty * point[index]!
  }
  return { value: value + penalty * squares / 2, gradient }
}

function join ({ dense, sparse, bias }: SoftmaxRegression, point: Float64Array): void {
  point.set(dense)
  point.set(sparse, dense.length)
  point.set(bias, dense.length + sparse.length)
}

function split (point: Float64Array, { classes, width, columns }: Problem): SoftmaxRegression {
  const sparseStart = classes * width
  const biasStart = sparseStart + classes * columns
  return { dense: point.subarray(0, sparseStart), sparse: point.subarray(sparseStart, biasStart), bias: point.subarray(biasStart) }
}
