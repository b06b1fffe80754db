/** A point and what the objective says there. */
export interface Evaluation {
  readonly value: number
  readonly gradient: Float64Array
}

export interface MinimizeOptions {
  readonly maxIterations: number
  /** Stop when no component of the gradient is larger. */
  readonly tolerance: number
  /** Told after each iteration. */
  readonly onIteration?: (iteration: number, value: number) => void
}

const MEMORY = 10
const ARMIJO = 1e-4
const SHRINK = 0.5
const MAX_SHRINKS = 30

/**
 * Minimizes a smooth function by L-BFGS (Nocedal & Wright, "Numerical Optimization", 2nd ed., algorithm 7.4) with a
 * backtracking line search.
 * @param start where to begin; not changed
 */
export function minimize (objective: (point: Float64Array) => Evaluation, start: Float64Array, options: MinimizeOptions): Float64Array {
  let point = start.slice()
  let current = objective(point)
  const steps: Array<{ s: Float64Array, y: Float64Array, rho: number }> = []
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    if (largest(current.gradient) < options.tolerance) break
    const direction = descent(current.gradient, steps)
    const slope = dot(direction, current.gradient)
    let length = iteration === 1 ? Math.min(1, 1 / largest(current.gradient)) : 1
    let next = point
    let evaluation = current
    for (let shrinks = 0; shrinks < MAX_SHRINKS; shrinks++, length *= SHRINK) {
      next = point.map((value, index) => value + length * direction[index]!)
      evaluation = objective(next)
      if (evaluation.value <= current.value + ARMIJO * length * slope) break
    }
    if (!(evaluation.value < current.value)) break // no progress within floating point
    const s = next.map((value, index) => value - point[index]!)
    const y = evaluation.gradient.map((value, index) => value - current.gradient[index]!)
    const curvature = dot(s, y)
    if (curvature > 1e-12) {
      steps.push({ s, y, rho: 1 / curvature })
      if (steps.length > MEMORY) steps.shift()
    }
    point = next
    current = evaluation
    options.onIteration?.(iteration, current.value)
  }
  return point
}

/** The two-loop recursion: minus the inverse Hessian's approximation times the gradient. */
function descent (gradient: Float64Array, steps: ReadonlyArray<{ s: Float64Array, y: Float64Array, rho: number }>): Float64Array {
  const direction = gradient.map(value => -value)
  const alphas: number[] = []
  for (const { s, y, rho } of steps.toReversed()) {
    const alpha = rho * dot(s, direction)
    alphas.unshift(alpha)
    addScaled(direction, y, -alpha)
  }
  const last = steps.at(-1)
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y))
    for (let index = 0; index < direction.length; index++) direction[index]! *= scale
  }
  steps.forEach(({ s, y, rho }, index) => {
    addScaled(direction, s, alphas[index]! - rho * dot(y, direction))
  })
  return direction
}

function addScaled (target: Float64Array, vector: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++) target[index]! += factor * vector[index]!
}

function dot (a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!
  return sum
}

function largest (vector: Float64Array): number {
  return vector.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
}
