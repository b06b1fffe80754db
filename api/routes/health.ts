import Type from 'typebox'
import { LivenessSchema, type Readiness, ReadinessSchema, ref } from '../../openapi/index.ts'
import { ServiceError } from '../errors.ts'
import { problemReplies } from '../problem-replies.ts'
import type { RouteContext, TypedInstance } from '../app.ts'

/** `GET /health/live`, `GET /health/ready` and `GET /metrics`, for whoever runs the service. */
export function registerHealthRoutes (app: TypedInstance, { classifier, metrics, serviceState }: RouteContext): void {
  const { name, version } = classifier.manifest

  app.get('/health/live', {
    schema: {
      operationId: 'live',
      tags: ['operations'],
      summary: 'Is the process alive?',
      description: 'Depends on nothing but the process.',
      response: { 200: ref(LivenessSchema), ...problemReplies(500) }
    }
  }, async () => ({ status: 'ok' as const }))

  app.get('/health/ready', {
    schema: {
      operationId: 'ready',
      tags: ['operations'],
      summary: 'Can it classify now?',
      description: '200 with a warm model; 503 before that, while no worker is ready, and while shutting down.',
      response: { 200: ref(ReadinessSchema), ...problemReplies(500, 503) }
    }
  }, async (): Promise<Readiness> => {
    serviceState.refuseWhileDraining()
    const { workers, queueDepth } = classifier
    if (workers.ready === 0) throw new ServiceError('ERR_NOT_READY', { detail: 'No inference worker is ready', retryAfterMs: 1_000 })
    return { status: workers.ready < workers.configured ? 'degraded' : 'ready', model: { name, version }, workers, queueDepth }
  })

  app.get('/metrics', {
    schema: {
      operationId: 'metrics',
      tags: ['operations'],
      summary: 'Metrics for Prometheus',
      response: { 200: { description: 'Prometheus text format.', content: { 'text/plain': { schema: Type.String() } } }, ...problemReplies(500) }
    }
  }, async (_request, reply) => {
    reply.type(metrics.registry.contentType)
    return await metrics.registry.metrics()
  })
}
