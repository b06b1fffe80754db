import Type, { type Static } from 'typebox'
import { named, ref } from '../ref.ts'
import { ProblemSchema } from './problem.ts'

/** What can be decided of an inquiry: its desk is known, or a person must read it. */
export const DECISIONS = ['classified', 'manual'] as const

/** Why an inquiry goes to manual classification. The service gives the first two, the Kafka adapter the others. */
export const MANUAL_REASONS = ['low_confidence', 'out_of_scope', 'timeout', 'api_unavailable', 'invalid'] as const

const probability = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

export const AlternativeSchema = named('Alternative', Type.Object({
  category: Type.String({ description: 'Id of a category (see `GET /categories`).' }),
  confidence: probability('Calibrated probability of this category.')
}))

export const ModelReferenceSchema = named('ModelReference', Type.Object({
  name: Type.String(),
  version: Type.String()
}))

/** The decision on one inquiry. */
export const ClassificationSchema = named('Classification', Type.Object({
  id: Type.String({ description: 'The inquiry\'s id.' }),
  decision: Type.Enum([...DECISIONS], { description: '`manual`: a person must read it.' }),
  category: Type.Union([Type.String(), Type.Null()], { description: 'The desk that answers; null when `manual`.' }),
  confidence: probability('Calibrated probability of the most probable category: of all answers with 0.9, about 90 % are right.'),
  margin: probability('Distance between the two most probable outcomes.'),
  reason: Type.Union([Type.Enum([...MANUAL_REASONS]), Type.Null()], { description: 'Why `manual`; null when `classified`.' }),
  alternatives: Type.Array(ref(AlternativeSchema), { description: 'The `topK` most probable categories, best first; also when `manual`, as a hint to the agent.' }),
  model: ref(ModelReferenceSchema),
  tokens: Type.Integer({ minimum: 0, description: 'Length of the whole inquiry in tokens of the model.' }),
  truncated: Type.Boolean({ description: 'Whether the inquiry was longer than the model reads; then its beginning and its end were read.' })
}, { description: 'The decision on one inquiry.' }))

export type Classification = Static<typeof ClassificationSchema>
export type ManualReason = typeof MANUAL_REASONS[number]

export const ClassificationBatchSchema = named('ClassificationBatch', Type.Object({
  results: Type.Array(Type.Union([ref(ClassificationSchema), ref(ProblemSchema)]), {
    description: 'One result for each inquiry, in order: a `Classification` (it has `decision`) or a `Problem` (it has `code`).'
  })
}))

export type ClassificationBatch = Static<typeof ClassificationBatchSchema>
