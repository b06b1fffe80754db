import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Manifest } from '../../model-store/manifest.ts'
import type { StoredModel } from '../../model-store/store.ts'
import { ServiceError } from '../errors.ts'
import { monotonicMs } from './clock.ts'
import { type Decision, decide } from './decision.ts'
import type { InferenceObserver, Stages } from './observer.ts'
import { Scheduler } from './scheduler.ts'
import { type Scorer, loadScorer, softmax } from './scores.ts'
import type { Ticket } from './ticket.ts'
import { type EncodedText, type Tokenizer, loadTokenizer } from './tokenizer.ts'

export interface ClassifierOptions {
  readonly model: StoredModel
  /** Inference threads. */
  readonly workers: number
  /** Most texts that wait. */
  readonly maxQueue: number
  /** A run of the model that takes longer is taken for hung, and its worker is replaced. */
  readonly hangMs: number
  readonly observer: InferenceObserver
}

export interface ClassifierInput {
  readonly text: string
  readonly subject?: string | undefined
  /** How many alternatives to give. @default 3 */
  readonly topK?: number | undefined
}

export interface CallOptions {
  /** On the clock of `monotonicMs`. */
  readonly deadlineAt: number
  readonly signal?: AbortSignal | undefined
}

export interface ClassifierResult extends Decision {
  readonly tokens: number
  readonly truncated: boolean
  readonly unknownRatio: number
  readonly stages: Stages
}

/** German and English have about this many characters a token of the model; only admission uses it. */
const CHARACTERS_PER_TOKEN = 3.5
const SPECIAL_TOKENS = 5
/** Tokenizing a batch lets other requests in between, after this many milliseconds. */
const TURN_MS = 5
const WARMUP_SHORT_TOKENS = 16

/** A model at work: from a text to a decision. Knows nothing of HTTP. */
export class Classifier {
  readonly manifest: Manifest
  readonly #tokenizer: Tokenizer
  readonly #scheduler: Scheduler
  readonly #score: Scorer

  private constructor (manifest: Manifest, tokenizer: Tokenizer, scheduler: Scheduler, score: Scorer) {
    this.manifest = manifest
    this.#tokenizer = tokenizer
    this.#scheduler = scheduler
    this.#score = score
  }

  /** Loads a verified model and starts its workers; resolves when all are warm. */
  static async start ({ model, ...options }: ClassifierOptions): Promise<Classifier> {
    const { manifest, directory } = model
    const starting = Scheduler.start({
      ...options,
      worker: {
        modelPath: join(directory, 'model.onnx'),
        outputName: manifest.output.name,
        warmupTokens: [Math.min(WARMUP_SHORT_TOKENS, manifest.input.maxTokens >> 1), manifest.input.maxTokens]
      }
    })
    try {
      const [scheduler, tokenizer, score] = await Promise.all([
        starting,
        loadTokenizer({ directory, ...manifest.input }),
        loadScorer(directory, manifest)
      ])
      return new Classifier(manifest, tokenizer, scheduler, score)
    } catch (error) {
      await starting.then(scheduler => scheduler.close(0), () => {}) // else its threads would outlive the failure
      throw error
    }
  }

  get queueDepth (): number { return this.#scheduler.queueDepth }
  get workers (): { ready: number, configured: number } { return this.#scheduler.workers }

  /**
   * Classifies one inquiry.
   * @throws {ServiceError} when it cannot be admitted, run, or answered in time
   */
  async classify (input: ClassifierInput, options: CallOptions): Promise<ClassifierResult> {
    const ticket = this.#admit([input], options)
    try {
      return await this.#classify(ticket, input)
    } finally {
      ticket.close()
    }
  }

  /**
   * Classifies several inquiries, in order; what fails of one inquiry is its own result.
   * @throws {ServiceError} when the batch as a whole cannot be admitted
   */
  async classifyBatch (inputs: readonly ClassifierInput[], options: CallOptions): Promise<Array<PromiseSettledResult<ClassifierResult>>> {
    const ticket = this.#admit(inputs, options)
    try {
      const results: Array<Promise<ClassifierResult>> = []
      let turnEndsAt = monotonicMs() + TURN_MS
      for (const input of inputs) {
        const result = this.#classify(ticket, input)
        result.catch(() => {}) // awaited below; a rejection before that must not count as unhandled
        results.push(result)
        if (monotonicMs() < turnEndsAt) continue
        await nextTurn()
        turnEndsAt = monotonicMs() + TURN_MS
      }
      return await Promise.allSettled(results)
    } finally {
      ticket.close()
    }
  }

  /** Lets admitted work end for at most `drainMs`, then stops the workers. */
  async close (drainMs: number): Promise<void> {
    await this.#scheduler.close(drainMs)
  }

  /** Admission comes before tokenizing, so that a refusal costs next to nothing. */
  #admit (inputs: readonly ClassifierInput[], options: CallOptions): Ticket {
    const { maxTokens } = this.manifest.input
    const tokens = inputs.map(({ text, subject = '' }) =>
      Math.min(maxTokens, SPECIAL_TOKENS + Math.ceil((text.length + subject.length) / CHARACTERS_PER_TOKEN)))
    return this.#scheduler.admit({ tokens, ...options })
  }

  async #classify (ticket: Ticket, { text, subject, topK = 3 }: ClassifierInput): Promise<ClassifierResult> {
    const startedAt = monotonicMs()
    const wholeText = subject ? `${subject}\n${text}` : text
    const encoded: EncodedText = this.#tokenizer.encode(wholeText)
    const tokenizeMs = monotonicMs() - startedAt
    const running = this.#scheduler.run(ticket, encoded.ids)
    const toLogits = this.#score(wholeText) // while a worker computes
    const { output, queueMs, modelMs } = await running
    const scoringAt = monotonicMs()
    const probabilities = softmax(toLogits(output), this.manifest.calibration.temperature)
    // No comparison with a threshold holds back what is not a number.
    if (!probabilities.every(Number.isFinite)) throw new ServiceError('ERR_INFERENCE_FAILED', { detail: 'The model gave no probabilities' })
    const decision = decide(probabilities, this.manifest, topK)
    const { tokens, truncated, unknownRatio } = encoded
    const stages: Stages = { tokenizeMs, queueMs, modelMs, postprocessMs: monotonicMs() - scoringAt }
    return { ...decision, tokens, truncated, unknownRatio, stages }
  }
}
