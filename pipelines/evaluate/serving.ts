import { monotonicMs } from '../../api/inference/clock.ts'
import { Classifier } from '../../api/inference/classifier.ts'
import type { StoredModel } from '../../model-store/store.ts'
import type { Evaluation } from './evaluation.ts'

/** What the evaluation itself says of a text. */
export interface Scored {
  readonly text: string
  /** Calibrated, by label. */
  readonly confidences: ReadonlyMap<string, number>
  readonly decision: 'classified' | 'manual'
}

const WARM_UP = 10
const ANSWER_WITHIN_MS = 60_000

/**
 * Asks the service's own classifier, with one thread and one text at a time: how long it takes from text to decision,
 * and whether it answers as the evaluation says.
 */
export async function measureServing (model: StoredModel, items: readonly Scored[]): Promise<Pick<Evaluation, 'latency' | 'parity'>> {
  const topK = model.manifest.labels.length
  const classifier = await Classifier.start({ model, workers: 1, maxQueue: 1, hangMs: ANSWER_WITHIN_MS, observer: { dropped () {}, workerLost () {} } })
  const ask = async (text: string) => await classifier.classify({ text, topK }, { deadlineAt: monotonicMs() + ANSWER_WITHIN_MS })
  try {
    for (const { text } of items.slice(0, WARM_UP)) await ask(text)
    const times: number[] = []
    let [tokens, largestDifference, same] = [0, 0, 0]
    for (const { text, confidences, decision } of items) {
      const startedAt = monotonicMs()
      const answer = await ask(text)
      times.push(monotonicMs() - startedAt)
      tokens += answer.tokens
      same += answer.decision === decision ? 1 : 0
      for (const { category, confidence } of answer.alternatives) {
        largestDifference = Math.max(largestDifference, Math.abs(confidence - confidences.get(category)!))
      }
    }
    const sorted = times.sort((a, b) => a - b)
    return {
      latency: { items: items.length, meanTokens: tokens / items.length, p50Ms: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95) },
      parity: { items: items.length, largestDifference, sameDecision: same / items.length }
    }
  } finally {
    await classifier.close(1_000)
  }
}

/** The nearest rank. */
function quantile (sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}
