import type { Evaluation } from '../evaluate/evaluation.ts'
import { PipelineError } from '../step.ts'
import type { Limits } from './floors.ts'
import type { Comparison } from './gate-report.ts'
import { mcnemar } from './mcnemar.ts'
import { type PairedOutcome, pairedBootstrap } from './paired-bootstrap.ts'

/**
 * Compares a candidate with the model in production on the same items, by the most probable class.
 *
 * Non-inferior in macro-F1: the interval of the difference lies above minus `margin`. No class has regressed: none lost
 * more than `classDrop` F1 with an interval that leaves 0 out.
 * @throws {PipelineError} ERR_EVALUATION_STALE when the two were not evaluated on the same items
 */
export function compare (candidate: Evaluation, production: Evaluation, { comparison: limits, minSupport }: Limits): Comparison {
  const outcomes = pair(candidate, production)
  const { macroF1, byClass } = pairedBootstrap(outcomes, limits)
  const supported = Object.entries(byClass)
    .map(([id, difference]) => ({ id, support: outcomes.filter(({ truth }) => truth === id).length, ...difference }))
    .filter(({ support }) => support >= minSupport.class)
  const right = (answer: 'candidate' | 'production', wrong: 'candidate' | 'production') =>
    outcomes.filter(outcome => outcome[answer] === outcome.truth && outcome[wrong] !== outcome.truth).length
  const onlyCandidateRight = right('candidate', 'production')
  const onlyProductionRight = right('production', 'candidate')
  return {
    items: outcomes.length,
    macroF1: { ...macroF1, passed: macroF1.low >= -limits.margin },
    byClass: Object.fromEntries(supported.map(({ id, ...figures }) =>
      [id, { ...figures, passed: -figures.difference <= limits.classDrop || figures.high >= 0 }])),
    mcnemar: { onlyCandidateRight, onlyProductionRight, p: mcnemar(onlyCandidateRight, onlyProductionRight) }
  }
}

function pair (candidate: Evaluation, production: Evaluation): PairedOutcome[] {
  const byId = new Map(production.predictions.map(prediction => [prediction.id, prediction]))
  const outcomes = candidate.predictions.flatMap(({ id, truth, predicted }) => {
    const other = byId.get(id)
    return other?.truth === truth ? [{ truth, candidate: predicted, production: other.predicted }] : []
  })
  const items = candidate.predictions.length
  if (outcomes.length !== items || byId.size !== items) {
    throw new PipelineError('ERR_EVALUATION_STALE', `Candidate and production were not evaluated on the same items: ${items} and ${byId.size}, ${outcomes.length} in common`)
  }
  return outcomes
}
