import type { Evaluation } from '../evaluate/evaluation.ts'
import { checkFloors } from './check-floors.ts'
import { compare } from './compare.ts'
import type { ChosenLimits, Limits } from './floors.ts'
import type { Comparison, FloorResult, GateReport } from './gate-report.ts'

export type Judgement = Pick<GateReport, 'verdict' | 'reasons' | 'notes' | 'floors' | 'comparison'>

export interface Rival {
  readonly alias: string
  readonly version: string
  readonly evaluation: Evaluation
}

/**
 * Judges a candidate: every floor reached, and not worse than its rival.
 * @param rival the version in production on the same items; null where there is none
 */
export function judge (candidate: Evaluation, rival: Rival | null, { limits, overrideReason }: ChosenLimits): Judgement {
  const floors = checkFloors(candidate, limits)
  const comparison = rival && compare(candidate, rival.evaluation, limits)
  const reasons = [
    ...floors.filter(({ passed }) => !passed).map(sayFloor),
    ...(comparison ? sayComparison(comparison, limits) : [])
  ]
  const notes = [
    ...(rival ? [] : ['No version is in production: only the floors were checked']),
    ...(rival?.version === candidate.model.version ? [`${rival.version} is the version under ${rival.alias}: it was compared with itself`] : []),
    ...(overrideReason === null ? [] : [`Other than the default limits were used: ${overrideReason}`]),
    ...floors.filter(({ limit }) => limit === null).map(({ name }) => `${name} was not checked`)
  ]
  return { verdict: reasons.length ? 'failed' : 'passed', reasons, notes, floors, comparison }
}

function sayFloor ({ name, bound, limit, value, of }: FloorResult): string {
  if (value === null) return `${name} is not known: the evaluation has nothing to measure it by`
  return `${name} is ${rounded(value)}${of === null ? '' : ` (${of})`}, at ${bound} ${limit} is needed`
}

function sayComparison ({ macroF1, byClass }: Comparison, { comparison: { margin, confidence } }: Limits): string[] {
  const interval = `${confidence * 100} % interval`
  const overall = macroF1.passed
    ? []
    : [`It is not shown that the candidate is as good as production: the difference in macro-F1 is ${rounded(macroF1.difference)}, and its ${interval} reaches down to ${rounded(macroF1.low)}, below ${0 - margin}`]
  const classes = Object.entries(byClass).filter(([, { passed }]) => !passed).map(([id, { candidate, production, low, high, support }]) =>
    `${id} got worse: F1 ${rounded(candidate)} after ${rounded(production)} on ${support} items, ${interval} of the difference ${rounded(low)} to ${rounded(high)}`)
  return [...overall, ...classes]
}

function rounded (value: number): string {
  return String(Number(value.toFixed(4)))
}
