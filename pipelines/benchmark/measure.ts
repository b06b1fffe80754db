import { monotonicMs } from '../../api/inference/clock.ts'
import { accuracy, expectedCalibrationError, macroF1 } from '../evaluate/metrics.ts'
import { showProgress } from '../progress.ts'
import type { EmbedderOptions } from '../train/embedder.ts'
import { calibrate, scoreItems, scoreWithTemperature, toOutcomes } from '../train/predict.ts'
import { type SearchResult, searchHeadParameters } from '../search/search.ts'
import { type HeadParameters, trainHead } from '../train/train-head.ts'
import type { EmbeddedSet } from './embedded-set.ts'
import { type Latency, measureLatency } from './latency.ts'
import { type RejectionName, chooseRejection, separation } from './rejection.ts'

/** One line of the table. */
export interface Measurement {
  readonly set: string
  readonly head: string
  readonly search: SearchResult
  readonly temperature: number
  readonly accuracy: number
  readonly macroF1: number
  readonly calibrationError: number
  /** Where the set has texts out of scope. */
  readonly rejection: { readonly score: RejectionName, readonly auroc: number } | undefined
  /** Seconds for the regressions of the chosen parameters on all training items. */
  readonly trainingSeconds: number
  readonly latency: Latency
}

export interface MeasureOptions {
  readonly head: string
  readonly candidates: readonly HeadParameters[]
  readonly folds: number
  readonly seed: number
  readonly budgetSeconds: number
  readonly encoder: EmbedderOptions
}

/** Of the test split so many texts are timed. */
export const TIMED = 500

/**
 * Chooses parameters by cross-validation on the training split, trains on all of it, takes the temperature from the
 * validation split or else from the cross-validation, and scores the test split once.
 */
export async function measure (set: EmbeddedSet, { head: title, candidates, encoder, ...searching }: MeasureOptions): Promise<Measurement> {
  const { train, validation, test, outOfScope } = set
  const classes = [...new Set(train.map(({ label }) => label))].sort()
  const search = await searchHeadParameters(train, classes, { candidates, ...searching, onProgress: showProgress(`${set.name}, ${title}: search`) })
  const startedAt = monotonicMs()
  const head = await trainHead(train, classes, search.best.parameters)
  const trainingSeconds = (monotonicMs() - startedAt) / 1_000
  const temperature = validation.length ? calibrate(head, validation) : search.best.temperature
  const outcomes = toOutcomes(classes, scoreWithTemperature(head, test, temperature))
  return {
    set: set.name,
    head: title,
    search,
    temperature,
    accuracy: accuracy(outcomes),
    macroF1: macroF1(outcomes),
    calibrationError: expectedCalibrationError(outcomes),
    rejection: outOfScope.length ? reject() : undefined,
    trainingSeconds,
    latency: await measureLatency(test.slice(0, TIMED).map(({ text }) => text), head, temperature, encoder)
  }

  function reject () {
    const between = (inScope: EmbeddedSet['test'], outOfScope: EmbeddedSet['test']) =>
      ({ inScope: scoreItems(head, inScope), outOfScope: scoreItems(head, outOfScope), temperature })
    const score = set.validationOutOfScope.length ? chooseRejection(between(validation, set.validationOutOfScope)) : 'energy'
    return { score, auroc: separation(score, between(test, outOfScope)) }
  }
}
