import { CategoriesSchema, ModelSchema, ref } from '../../openapi/index.ts'
import { problemReplies } from '../problem-replies.ts'
import type { RouteContext, TypedInstance } from '../app.ts'

/** `GET /categories` and `GET /model`: what a caller may want to know of the answers. */
export function registerInformationRoutes (app: TypedInstance, { classifier: { manifest } }: RouteContext): void {
  const security = [{ bearer: [] }, { apiKey: [] }]
  const { labels, taxonomy, name, version, createdAt, input, dataset, training, licence, metrics } = manifest

  app.get('/categories', {
    schema: {
      operationId: 'categories',
      tags: ['information'],
      summary: 'List the categories',
      description: 'The desks that an inquiry can go to, with their names in each language.',
      security,
      response: { 200: ref(CategoriesSchema), ...problemReplies(401, 429, 500, 503) }
    }
  }, async () => ({ taxonomy, categories: labels }))

  app.get('/model', {
    schema: {
      operationId: 'model',
      tags: ['information'],
      summary: 'Describe the model',
      description: 'The version that answers, what it was trained on and how well it did.',
      security,
      response: { 200: ref(ModelSchema), ...problemReplies(401, 429, 500, 503) }
    }
  }, async () => ({
    name, version, createdAt, taxonomy, input: { maxTokens: input.maxTokens }, dataset, gitCommit: training.gitCommit, licence, metrics
  }))
}
