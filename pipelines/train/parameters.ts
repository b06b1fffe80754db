import Type from 'typebox'
import { NgramOptionsSchema } from '../../api/inference/ngrams.ts'
import { readJsonFile } from '../json-file.ts'
import { usageError } from '../step.ts'
import type { HeadParameters } from './train-head.ts'
import type { ThresholdTargets } from './thresholds.ts'

/**
 * How the default model's head is made; recorded in its manifest. Chosen on the validation split: the encoder knows the
 * training texts by heart, so cross-validation on them would leave the n-grams out (docs/decisions/0009-a-student-beside-ngrams.md).
 */
export const HEAD_PARAMETERS: HeadParameters = {
  c: 1,
  maxIterations: 60,
  ngrams: { minLength: 2, maxLength: 5, buckets: 65_536, scale: 2.5, minTexts: 2, apart: { c: 30, maxIterations: 60, share: 1 } }
}

export const THRESHOLD_TARGETS: ThresholdTargets = { maxLost: 0.09, answeredAccuracy: 0.935, labelPrecision: 0.85 }

const Share = Type.Number({ minimum: 0, maximum: 1 })
const Strength = Type.Number({ exclusiveMinimum: 0 })
const Iterations = Type.Integer({ minimum: 1 })

/** What `pipelines search` writes and `pipelines train --parameters` reads. */
const ParametersSchema = Type.Object({
  head: Type.Optional(Type.Object({
    c: Strength,
    maxIterations: Iterations,
    ngrams: Type.Optional(Type.Object({
      ...NgramOptionsSchema.properties,
      scale: Strength,
      minTexts: Type.Integer({ minimum: 1 }),
      apart: Type.Optional(Type.Object({ c: Strength, maxIterations: Iterations, share: Type.Number({ minimum: 0 }) }, { additionalProperties: false }))
    }, { additionalProperties: false })),
    embedding: Type.Optional(Type.Boolean())
  }, { additionalProperties: false })),
  thresholdTargets: Type.Optional(Type.Object({ maxLost: Share, answeredAccuracy: Share, labelPrecision: Share }, { additionalProperties: false }))
}, { additionalProperties: false })

export interface Parameters {
  readonly head: HeadParameters
  readonly thresholdTargets: ThresholdTargets
}

/**
 * The parameters of a file; those that it leaves out, or all without a file, are the default model's.
 * @throws {PipelineError} ERR_USAGE names each wrong field
 */
export async function readParameters (file: string | undefined): Promise<Parameters> {
  const given = file === undefined ? {} : await readJsonFile(file, ParametersSchema, (problem, cause) => usageError(`--parameters: ${file} ${problem}`, cause))
  return { head: HEAD_PARAMETERS, thresholdTargets: THRESHOLD_TARGETS, ...given }
}
