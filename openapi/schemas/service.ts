import Type, { type Static } from 'typebox'
import { named, ref } from '../ref.ts'
import { ModelReferenceSchema } from './classification.ts'

/** What a caller may know of the service besides classifications: categories, model, health. */
export const CategorySchema = named('Category', Type.Object({
  id: Type.String({ examples: ['garden'] }),
  group: Type.String({ description: '`product` or `service`.', examples: ['product'] }),
  names: Type.Record(Type.String(), Type.String(), { description: 'The name in each language.', examples: [{ de: 'Garten & Pflanzen', en: 'Garden & plants' }] }),
  description: Type.String()
}))

export const CategoriesSchema = named('Categories', Type.Object({
  taxonomy: Type.Object({ name: Type.String(), version: Type.String() }),
  categories: Type.Array(ref(CategorySchema))
}))

export const ModelSchema = named('Model', Type.Object({
  name: Type.String(),
  version: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
  taxonomy: Type.Object({ name: Type.String(), version: Type.String() }),
  input: Type.Object({
    maxTokens: Type.Integer({ description: 'Tokens that the model reads; of longer inquiries the beginning and the end.' })
  }),
  dataset: Type.Object({ name: Type.String(), version: Type.String(), digest: Type.String() }),
  gitCommit: Type.String(),
  licence: Type.String(),
  metrics: Type.Record(Type.String(), Type.Number(), { description: 'Measured on the validation split when the version was made.' })
}, { description: 'The model that answers.' }))

export const LivenessSchema = named('Liveness', Type.Object({
  status: Type.Enum(['ok'])
}))

export const ReadinessSchema = named('Readiness', Type.Object({
  status: Type.Enum(['ready', 'degraded'], { description: '`degraded`: fewer workers than configured, while lost ones are replaced.' }),
  model: ref(ModelReferenceSchema),
  workers: Type.Object({ ready: Type.Integer(), configured: Type.Integer() }),
  queueDepth: Type.Integer({ description: 'Inquiries that wait for a worker.' })
}))

export type Readiness = Static<typeof ReadinessSchema>
export type Model = Static<typeof ModelSchema>
export type Categories = Static<typeof CategoriesSchema>
