import type { Problem } from './problem.ts'
import type { Products } from './products.ts'

/**
 * An approximate inverse of the Hessian where all classes are equally probable: there it is (K − 1) / K² times the
 * second moments of the features, plus the penalty (Böhning 1992, "Multinomial logistic regression algorithm"). The
 * dense features keep all their moments, the sparse ones their squares; what lies between the two is left out.
 * @param penalty of each weight, as it stands in the mean loss
 */
export async function createPreconditioner (problem: Problem, penalty: number, products: Products): Promise<(vector: Float64Array) => Promise<Float64Array>> {
  const { classes, width, columns } = problem
  const curvature = (classes - 1) / classes ** 2
  const dense = width ? { rows: width, columns: width, values: await inverseMoments(problem, curvature, penalty, products) } : undefined
  const sparse = sparseScales(problem, curvature, penalty)
  return async vector => {
    const result = new Float64Array(vector.length)
    if (dense) result.set(await products.timesTransposed({ rows: classes, columns: width, values: vector.slice(0, classes * width) }, dense))
    const sparseStart = classes * width
    for (let column = 0; column < columns; column++) {
      const row = sparseStart + column * classes
      for (let index = row; index < row + classes; index++) result[index] = vector[index]! * sparse[column]!
    }
    for (let index = classes * (width + columns); index < vector.length; index++) result[index] = vector[index]! / curvature
    return result
  }
}

async function inverseMoments ({ items, width, dense }: Problem, curvature: number, penalty: number, products: Products): Promise<Float64Array> {
  const features = { rows: items, columns: width, values: dense.slice() }
  const moments = (await products.transposedTimes(features, features)).map(sum => sum * curvature / items)
  for (let index = 0; index < width; index++) moments[index * width + index]! += penalty
  return invert(moments, width)
}

function sparseScales ({ items, columns, byColumn }: Problem, curvature: number, penalty: number): Float64Array {
  const scales = new Float64Array(columns)
  for (let column = 0; column < columns; column++) {
    let squares = 0
    for (let entry = byColumn.starts[column]!; entry < byColumn.starts[column + 1]!; entry++) squares += byColumn.values[entry]! ** 2
    scales[column] = 1 / (squares * curvature / items + penalty)
  }
  return scales
}

/** The inverse of a symmetric positive definite matrix, by Cholesky's factor: (L · Lᵀ)⁻¹ = L⁻ᵀ · L⁻¹. */
function invert (matrix: Float64Array, size: number): Float64Array {
  const factor = matrix.slice()
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = factor[row * size + column]!
      for (let k = 0; k < column; k++) sum -= factor[row * size + k]! * factor[column * size + k]!
      factor[row * size + column] = row === column ? Math.sqrt(sum) : sum / factor[column * size + column]!
    }
  }
  // Row i of `columns` is column i of L⁻¹.
  const columns = new Float64Array(size * size)
  for (let column = 0; column < size; column++) {
    columns[column * size + column] = 1 / factor[column * size + column]!
    for (let row = column + 1; row < size; row++) {
      let sum = 0
      for (let k = column; k < row; k++) sum -= factor[row * size + k]! * columns[column * size + k]!
      columns[column * size + row] = sum / factor[row * size + row]!
    }
  }
  const inverse = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0
      for (let k = row; k < size; k++) sum += columns[row * size + k]! * columns[column * size + k]!
      inverse[row * size + column] = inverse[column * size + row] = sum
    }
  }
  return inverse
}
