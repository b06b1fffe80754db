import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monotonicMs } from '../../api/inference/clock.ts'
import { showProgress } from '../progress.ts'
import { type EmbedderOptions, embed } from '../train/embedder.ts'
import { type HeadParameters, trainHead } from '../train/train-head.ts'
import { type Latency, measureLatency } from './latency.ts'
import { TIMED } from './measure.ts'
import type { LabelledText } from './sets.ts'

export interface TrainingTime {
  readonly texts: number
  /** Embedding all of them, nothing kept from before. */
  readonly encoderSeconds: number
  /** Embedding them again, all kept. */
  readonly cachedSeconds: number
  /** The regressions. */
  readonly headSeconds: number
  /** Encoder and regressions together, relative to the encoder. */
  readonly ratio: number
  /** Of single texts with the head that was trained. */
  readonly latency: Latency
}

/** How long training takes from texts to a head, beside what the encoder alone needs. */
export async function measureTrainingTime (items: readonly LabelledText[], parameters: HeadParameters, encoder: EmbedderOptions): Promise<TrainingTime> {
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'inquiry-embeddings-'))
  try {
    const texts = items.map(({ text }) => text)
    const embedAll = async () => await embed(texts, { ...encoder, cacheDirectory, onProgress: showProgress('embedding') })
    const [, encoderSeconds] = await timed(embedAll)
    const [embeddings, cachedSeconds] = await timed(embedAll)
    const classes = [...new Set(items.map(({ label }) => label))].sort()
    const [head, headSeconds] = await timed(async () =>
      await trainHead(items.map((item, index) => ({ ...item, embedding: embeddings[index]! })), classes, parameters))
    const latency = await measureLatency(texts.slice(0, TIMED), head, 1, encoder)
    return { texts: texts.length, encoderSeconds, cachedSeconds, headSeconds, ratio: (encoderSeconds + headSeconds) / encoderSeconds, latency }
  } finally {
    await rm(cacheDirectory, { recursive: true, force: true })
  }
}

async function timed<Result> (work: () => Promise<Result>): Promise<[Result, number]> {
  const startedAt = monotonicMs()
  const result = await work()
  return [result, (monotonicMs() - startedAt) / 1_000]
}
