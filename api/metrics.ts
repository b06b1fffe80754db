import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Manifest } from '../model-store/manifest.ts'
import type { Classifier, ClassifierResult } from './inference/classifier.ts'
import type { DropReason, InferenceObserver } from './inference/observer.ts'
import type { LossReason } from './inference/worker-pool.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5, 10]

/** The API's metrics (names in `docs/monitoring.md`). No label ever holds an id or a text. */
export function createMetrics () {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]

  const requests = new Counter({ registers, name: 'inquiry_http_requests_total', help: 'HTTP requests by route, method and status.', labelNames: ['route', 'method', 'code'] })
  const duration = new Histogram({ registers, name: 'inquiry_http_request_duration_seconds', help: 'Time from request to end of reply.', labelNames: ['route'], buckets: SECONDS })
  const inference = new Histogram({ registers, name: 'inquiry_inference_duration_seconds', help: 'Time of each stage of a classification.', labelNames: ['stage'], buckets: SECONDS })
  const predictions = new Counter({ registers, name: 'inquiry_predictions_total', help: 'Classifications by most probable category and decision.', labelNames: ['category', 'decision', 'model_version'] })
  const confidence = new Histogram({ registers, name: 'inquiry_prediction_confidence', help: 'Confidence of the most probable category.', labelNames: ['model_version'], buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1] })
  const decisions = new Counter({ registers, name: 'inquiry_decisions_total', help: 'Decisions and, for manual ones, their reason.', labelNames: ['decision', 'reason'] })
  const tokens = new Histogram({ registers, name: 'inquiry_input_tokens', help: 'Length of inquiries in tokens.', buckets: [8, 16, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 4096] })
  const unknown = new Histogram({ registers, name: 'inquiry_unknown_token_ratio', help: 'Share of tokens that the vocabulary does not know.', buckets: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] })
  const dropped = new Counter({ registers, name: 'inquiry_inference_dropped_total', help: 'Inquiries dropped unrun: their deadline passed or their client left.', labelNames: ['reason'] })
  const lost = new Counter({ registers, name: 'inquiry_inference_workers_lost_total', help: 'Inference workers that were replaced.', labelNames: ['reason'] })
  const modelInfo = new Gauge({ registers, name: 'inquiry_model_info', help: 'The model that answers; always 1.', labelNames: ['name', 'version', 'git_commit', 'data_digest'] })

  const stage = {
    queue: inference.labels('queue'), tokenize: inference.labels('tokenize'), model: inference.labels('model'), postprocess: inference.labels('postprocess')
  }

  return {
    registry,

    /** What inference reports by itself. */
    observer: {
      dropped: (reason: DropReason) => { dropped.inc({ reason }) },
      workerLost: (reason: LossReason) => { lost.inc({ reason }) }
    } satisfies InferenceObserver,

    request (route: string, method: string, code: number, seconds: number): void {
      requests.inc({ route, method, code })
      duration.observe({ route }, seconds)
    },

    classified (result: ClassifierResult, modelVersion: string): void {
      const { stages, decision, reason, alternatives } = result
      stage.queue.observe(stages.queueMs / 1e3)
      stage.tokenize.observe(stages.tokenizeMs / 1e3)
      stage.model.observe(stages.modelMs / 1e3)
      stage.postprocess.observe(stages.postprocessMs / 1e3)
      predictions.inc({ category: alternatives[0]!.category, decision, model_version: modelVersion })
      decisions.inc({ decision, reason: reason ?? 'none' })
      confidence.observe({ model_version: modelVersion }, result.confidence)
      tokens.observe(result.tokens)
      unknown.observe(result.unknownRatio)
    },

    /** Shows a classifier's model and its queue. */
    watch (classifier: Classifier): void {
      const { name, version, training, dataset } = classifier.manifest satisfies Manifest
      modelInfo.set({ name, version, git_commit: training.gitCommit, data_digest: dataset.digest }, 1)
      // eslint-disable-next-line no-new
      new Gauge({ registers, name: 'inquiry_inference_queue_depth', help: 'Inquiries that wait for a worker.', collect () { this.set(classifier.queueDepth) } })
      // eslint-disable-next-line no-new
      new Gauge({ registers, name: 'inquiry_inference_workers', help: 'Inference workers that are ready.', collect () { this.set(classifier.workers.ready) } })
    }
  }
}

export type Metrics = ReturnType<typeof createMetrics>
