import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type Classification, ClassificationBatchSchema, ClassificationSchema, type Inquiry, InquiryBatchSchema, InquirySchema, type Problem, ref
} from '../../openapi/index.ts'
import { ServiceError } from '../errors.ts'
import type { Classifier, ClassifierResult } from '../inference/classifier.ts'
import type { Stages } from '../inference/observer.ts'
import { DeadlineHeadersSchema, callOptions } from '../plugins/deadline.ts'
import { describeValidation, logFailure, toProblem, toServiceError } from '../plugins/error-handler.ts'
import { problemReplies } from '../problem-replies.ts'
import type { RouteContext, TypedInstance } from '../app.ts'

/** `POST /classify` and `POST /classify/batch`. */
export function registerClassifyRoutes (app: TypedInstance, { config, classifier, metrics, serviceState }: RouteContext): void {
  const { version } = classifier.manifest
  const security = [{ bearer: [] }, { apiKey: [] }]

  app.post('/classify', {
    schema: {
      operationId: 'classify',
      tags: ['classification'],
      summary: 'Classify one inquiry',
      description: 'Decides which desk must answer an inquiry, or that a person must read it (`decision: "manual"`).',
      security,
      headers: DeadlineHeadersSchema,
      body: ref(InquirySchema),
      response: { 200: ref(ClassificationSchema), ...problemReplies(400, 401, 408, 413, 415, 429, 500, 503, 504) }
    }
  }, async (request, reply) => {
    serviceState.refuseWhileClosing()
    const { id = randomUUID(), ...input } = request.body
    const result = await classifier.classify(input, callOptions(request, reply, config.MAX_REQUEST_TIMEOUT_MS))
    metrics.classified(result, version)
    record(request, result, input)
    reply.header('server-timing', serverTiming(result.stages, reply.elapsedTime))
    return toClassification(id, result, classifier)
  })

  app.post('/classify/batch', {
    schema: {
      operationId: 'classifyBatch',
      tags: ['classification'],
      summary: 'Classify several inquiries',
      description: 'Results come in the order of the inquiries. An inquiry that is invalid or cannot be answered in time is a `Problem` at its place and does not affect the others.',
      security,
      headers: DeadlineHeadersSchema,
      body: ref(InquiryBatchSchema),
      response: { 200: ref(ClassificationBatchSchema), ...problemReplies(400, 401, 408, 413, 415, 429, 500, 503, 504) }
    },
    // A union of objects: JSON itself is faster here than a serializer that has to find out which one it has.
    serializerCompiler: () => JSON.stringify
  }, async (request, reply) => {
    serviceState.refuseWhileClosing()
    const isInquiry = inquiryValidator(request)
    const checked = request.body.inquiries.map(isInquiry)
    const valid = checked.filter(item => 'input' in item)
    const options = callOptions(request, reply, config.MAX_REQUEST_TIMEOUT_MS)
    const settled = valid.length ? await classifier.classifyBatch(valid.map(item => item.input), options) : []
    const answers = settled.values()
    const results = checked.map(item => {
      if ('problem' in item) return item.problem
      const answer = answers.next().value!
      if (answer.status === 'rejected') {
        const error = toServiceError(answer.reason)
        logFailure(request, error)
        return { ...toProblem(error), id: item.id }
      }
      metrics.classified(answer.value, version)
      return toClassification(item.id, answer.value, classifier)
    })
    request.record.inquiries = checked.length
    request.record.failed = results.filter(result => 'code' in result).length
    reply.header('server-timing', serverTiming(totalStages(settled), reply.elapsedTime))
    return { results }
  })
}

type CheckedItem = { readonly id: string, readonly input: Inquiry } | { readonly problem: Problem }

/** Checks one item of a batch against the contract of a single inquiry. */
function inquiryValidator (request: FastifyRequest): (item: unknown) => CheckedItem {
  const validate = request.compileValidationSchema({ $ref: 'Inquiry#' })
  return item => {
    if (validate(item)) {
      const input = item as Inquiry
      return { id: input.id ?? randomUUID(), input }
    }
    const errors = validate.errors ?? []
    const problem = toProblem(new ServiceError('ERR_INVALID_REQUEST', { errors: describeValidation(errors, 'inquiry') }))
    // An id that is none is not given back: it may be anything, the customer's text as well.
    const id = errors.some(({ instancePath }) => instancePath === '/id') ? undefined : (item as { id?: string } | null)?.id
    return { problem: { ...problem, ...(id !== undefined && { id }) } }
  }
}

function toClassification (id: string, result: ClassifierResult, { manifest: { name, version } }: Classifier): Classification {
  const { decision, category, confidence, margin, reason, alternatives, tokens, truncated } = result
  return { id, decision, category, confidence, margin, reason, alternatives, model: { name, version }, tokens, truncated }
}

/** What the log says of a classification: the decision and its times in milliseconds, never the text. */
function record (request: FastifyRequest, result: ClassifierResult, { locale }: Pick<Inquiry, 'locale'>): void {
  const { decision, category, reason, tokens, stages } = result
  const times = Object.fromEntries(Object.entries(stages).map(([stage, ms]) => [stage, Math.round(ms * 100) / 100]))
  Object.assign(request.record, { decision, category, reason, tokens, ...times, ...(locale && { locale }) })
}

/** Server-Timing (W3C): milliseconds of each stage. In a batch the stages of all texts are added up. */
function serverTiming (stages: Stages, totalMs: FastifyReply['elapsedTime']): string {
  const entries = { queue: stages.queueMs, tokenize: stages.tokenizeMs, model: stages.modelMs, total: totalMs }
  return Object.entries(entries).map(([stage, ms]) => `${stage};dur=${ms.toFixed(2)}`).join(', ')
}

function totalStages (settled: Array<PromiseSettledResult<ClassifierResult>>): Stages {
  const total = { tokenizeMs: 0, queueMs: 0, modelMs: 0, postprocessMs: 0 }
  for (const answer of settled) {
    if (answer.status === 'rejected') continue
    total.tokenizeMs += answer.value.stages.tokenizeMs
    total.queueMs += answer.value.stages.queueMs
    total.modelMs += answer.value.stages.modelMs
    total.postprocessMs += answer.value.stages.postprocessMs
  }
  return total
}
