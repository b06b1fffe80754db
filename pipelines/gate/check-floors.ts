import type { Evaluation } from '../evaluate/evaluation.ts'
import type { FloorName, Limits } from './floors.ts'
import type { FloorResult } from './gate-report.ts'

/** A figure of an evaluation; null where there was nothing to measure. */
interface Measured { readonly value: number | null, readonly of?: string }

type Bound = FloorResult['bound']
type BehaviourKind = Evaluation['behaviour'][number]['kind']

/** Each floor: on which side the limit lies, and what is held against it. */
const FLOORS: Record<FloorName, [Bound, (evaluation: Evaluation, minSupport: Limits['minSupport']) => Measured]> = {
  macroF1: ['least', ({ overall }) => ({ value: overall.items ? overall.macroF1 : null })],
  worstClassF1: ['least', ({ perClass }, minSupport) => worst(Object.entries(perClass)
    .map(([id, { f1, support }]) => ({ of: id, items: support, value: f1 })), minSupport.class)],
  worstSliceAccuracy: ['least', ({ slices }, minSupport) => worst(Object.entries(slices).flatMap(([dimension, values]) =>
    Object.entries(values).map(([value, { accuracy, items }]) => ({ of: `${dimension} ${value}`, items, value: accuracy }))), minSupport.slice)],
  expectedCalibrationError: ['most', ({ overall }) => ({ value: overall.items ? overall.expectedCalibrationError : null })],
  outOfScopeCaught: ['least', ({ outOfScope }) => ({ value: outOfScope.caught })],
  inScopeLost: ['most', ({ overall }) => ({ value: overall.items ? overall.lost : null })],
  latencyP95Ms: ['most', ({ latency }) => ({ value: latency.items ? latency.p95Ms : null })],
  sizeBytes: ['most', ({ sizeBytes }) => ({ value: sizeBytes })],
  invariance: ['least', ({ behaviour }) => passRate(behaviour, 'invariance')],
  direction: ['least', ({ behaviour }) => passRate(behaviour, 'direction')],
  minimum: ['least', ({ behaviour }) => passRate(behaviour, 'minimum')],
  servingParity: ['least', ({ parity }) => ({ value: parity.items ? parity.sameDecision : null })]
}

/**
 * Holds an evaluation against the floors. What could not be measured does not pass: only a limit of `null` lets a
 * candidate through without the figure.
 */
export function checkFloors (evaluation: Evaluation, { floors, minSupport }: Limits): FloorResult[] {
  return Object.entries(FLOORS).map(([name, [bound, measure]]) => {
    const limit = floors[name as FloorName]
    const { value, of = null } = measure(evaluation, minSupport)
    const reached = value !== null && limit !== null && (bound === 'least' ? value >= limit : value <= limit)
    return { name, bound, limit, value, of, passed: limit === null || reached }
  })
}

function worst (candidates: ReadonlyArray<{ of: string, items: number, value: number }>, minSupport: number): Measured {
  const [lowest] = candidates.filter(({ items }) => items >= minSupport).sort((a, b) => a.value - b.value)
  return lowest ? { value: lowest.value, of: `${lowest.of} (${lowest.items} items)` } : { value: null }
}

function passRate (behaviour: Evaluation['behaviour'], kind: BehaviourKind): Measured {
  const tests = behaviour.filter(test => test.kind === kind)
  const cases = tests.reduce((sum, test) => sum + test.cases, 0)
  const [weakest] = tests.filter(test => test.cases).sort((a, b) => a.passed / a.cases - b.passed / b.cases)
  if (!weakest) return { value: null }
  return { value: tests.reduce((sum, test) => sum + test.passed, 0) / cases, of: `weakest: ${weakest.name} (${weakest.passed} of ${weakest.cases})` }
}
