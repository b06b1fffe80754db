import { join } from 'node:path'
import type { Head } from '../../api/inference/head.ts'
import { monotonicMs } from '../../api/inference/clock.ts'
import { Scheduler } from '../../api/inference/scheduler.ts'
import { createLinearScorer, softmax } from '../../api/inference/scores.ts'
import { loadTokenizer } from '../../api/inference/tokenizer.ts'
import type { EmbedderOptions } from '../train/embedder.ts'

export interface Latency {
  readonly p50Ms: number
  readonly p95Ms: number
  readonly meanTokens: number
}

const WARM_UP = 20
const HOUR_MS = 3_600_000

/** From text to probabilities as the service goes: one session of one thread, one text at a time. */
export async function measureLatency (texts: readonly string[], head: Head, temperature: number, encoder: EmbedderOptions): Promise<Latency> {
  const tokenizer = await loadTokenizer(encoder)
  const score = createLinearScorer(head)
  const scheduler = await Scheduler.start({
    workers: 1,
    worker: { modelPath: join(encoder.directory, 'model.onnx'), outputName: encoder.output.name, warmupTokens: [16, 64] },
    maxQueue: 1,
    hangMs: HOUR_MS,
    observer: { dropped () {}, workerLost () {} }
  })
  const ticket = scheduler.admit({ tokens: [1], deadlineAt: monotonicMs() + HOUR_MS })
  try {
    const times: number[] = []
    let tokens = 0
    for (const text of [...texts.slice(0, WARM_UP), ...texts]) {
      const startedAt = monotonicMs()
      const { ids } = tokenizer.encode(text)
      const finish = score(text)
      const { output } = await scheduler.run(ticket, ids)
      softmax(finish(output), temperature)
      times.push(monotonicMs() - startedAt)
      tokens += ids.length
    }
    const sorted = times.slice(WARM_UP).sort((a, b) => a - b)
    const quantile = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!
    return { p50Ms: quantile(0.5), p95Ms: quantile(0.95), meanTokens: tokens / times.length }
  } finally {
    ticket.close()
    await scheduler.close(1_000)
  }
}
