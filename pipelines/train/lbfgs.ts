/** A point and what the objective says there. */
export interface Evaluation {
  readonly value: number
  readonly gradient: Float64Array
}

export interface MinimizeOptions {
  readonly maxIterations: number
  /** Stop when no component of the gradient is larger. */
  readonly tolerance: number
  /** Multiplies a vector by an approximate inverse of the Hessian: the closer, the fewer iterations. @default none */
  readonly precondition?: (vector: Float64Array) => Promise<Float64Array>
  /** Told after each iteration. */
  readonly onIteration?: (iteration: number, value: number) => void
}

/** A step, the change of the gradient along it, and two products of theirs. */
interface Step {
  readonly s: Float64Array
  readonly y: Float64Array
  /** 1 / (s · y) */
  readonly rho: number
  /** (s · y) / (y · preconditioned y): how much the preconditioner under- or overestimates. */
  readonly scale: number
}

const MEMORY = 6
const ARMIJO = 1e-4
const SHRINK = 0.5
const MAX_SHRINKS = 30

/**
 * Minimizes a smooth function by L-BFGS (Nocedal & Wright, "Numerical Optimization", 2nd ed., algorithm 7.4) with a
 * backtracking line search.
 * @param start where to begin; not changed
 */
export async function minimize (objective: (point: Float64Array) => Promise<Evaluation>, start: Float64Array, options: MinimizeOptions): Promise<Float64Array> {
  const { precondition = async vector => vector.slice() } = options
  let point = start.slice()
  let current = await objective(point)
  const steps: Step[] = []
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    if (largest(current.gradient) < options.tolerance) break
    const direction = await descent(current.gradient, steps, precondition)
    const slope = dot(direction, current.gradient)
    let length = steps.length || options.precondition ? 1 : Math.min(1, 1 / largest(current.gradient))
    let next = point
    let evaluation = current
    for (let shrinks = 0; shrinks < MAX_SHRINKS; shrinks++, length *= SHRINK) {
      next = point.slice()
      addScaled(next, direction, length)
      evaluation = await objective(next)
      if (evaluation.value <= current.value + ARMIJO * length * slope) break
    }
    if (!(evaluation.value < current.value)) break // no progress within floating point
    const s = difference(next, point)
    const y = difference(evaluation.gradient, current.gradient)
    const curvature = dot(s, y)
    if (curvature > 1e-12 * dot(y, y)) {
      steps.push({ s, y, rho: 1 / curvature, scale: curvature / dot(y, await precondition(y)) })
      if (steps.length > MEMORY) steps.shift()
    }
    point = next
    current = evaluation
    options.onIteration?.(iteration, current.value)
  }
  return point
}

/** The two-loop recursion: minus the inverse Hessian's approximation times the gradient. */
async function descent (gradient: Float64Array, steps: readonly Step[], precondition: NonNullable<MinimizeOptions['precondition']>): Promise<Float64Array> {
  const negative = new Float64Array(gradient.length)
  addScaled(negative, gradient, -1)
  const alphas: number[] = []
  for (const { s, y, rho } of steps.toReversed()) {
    const alpha = rho * dot(s, negative)
    alphas.unshift(alpha)
    addScaled(negative, y, -alpha)
  }
  const direction = await precondition(negative)
  const scale = steps.at(-1)?.scale ?? 1
  for (let index = 0; index < direction.length; index++) direction[index]! *= scale
  steps.forEach(({ s, y, rho }, index) => {
    addScaled(direction, s, alphas[index]! - rho * dot(y, direction))
  })
  return direction
}

function addScaled (target: Float64Array, vector: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++) target[index]! += factor * vector[index]!
}

function difference (a: Float64Array, b: Float64Array): Float64Array {
  const result = a.slice()
  for (let index = 0; index < result.length; index++) result[index]! -= b[index]!
  return result
}

function dot (a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!
  return sum
}

function largest (vector: Float64Array): number {
  let max = 0
  for (const value of vector) if (Math.abs(value) > max) max = Math.abs(value)
  return max
}
