import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { feedsOf } from '../../api/inference/feeds.ts'
import type { Head } from '../../api/inference/head.ts'
import { type NgramOptions, countNgrams, weighNgrams } from '../../api/inference/ngrams.ts'
import { softmax } from '../../api/inference/scores.ts'
import { loadTokenizer } from '../../api/inference/tokenizer.ts'
import type { StoredModel } from '../../model-store/store.ts'
import { scoreTexts } from '../score/score-texts.ts'
import { PipelineError } from '../step.ts'
import { LOGITS, NGRAM_INDICES, NGRAM_VALUES, PROBABILITIES } from './head-graph.ts'

export interface CompareOptions {
  readonly model: StoredModel
  readonly head: Head | undefined
  readonly session: InferenceSession
  readonly logits: boolean
  readonly texts: readonly string[]
  readonly cacheDirectory: string
}

/** How near a fused file is to the service. */
export interface Agreement {
  readonly texts: number
  /** Of a probability, or of a logit relative to the text's largest. */
  readonly largestDifference: number
}

/** float32 keeps seven digits. */
const MOST_DIFFERENCE = 1e-6

/**
 * Compares a fused file with the service's own scores, text by text.
 * @throws {PipelineError} ERR_FUSED_DIFFERS where they are further apart than float32 explains
 */
export async function compareWithService ({ model, head, session, logits, texts, cacheDirectory }: CompareOptions): Promise<Agreement> {
  const { manifest, directory } = model
  const tokenizer = await loadTokenizer({ directory, ...manifest.input })
  const served = await scoreTexts(directory, manifest, texts, { cacheDirectory })
  const name = logits ? LOGITS : PROBABILITIES
  let largestDifference = 0
  for (const [index, text] of texts.entries()) {
    const feeds = { ...feedsOf(tokenizer.encode(text).ids, session.inputNames), ...(head?.ngrams && ngramFeeds(text, head.ngrams)) }
    const fused = (await session.run(feeds, [name]))[name]!.data as Float32Array
    const expected = logits ? served[index]! : softmax(served[index]!, manifest.calibration.temperature)
    const unit = logits ? Math.max(...expected.map(Math.abs)) : 1
    for (const [position, value] of expected.entries()) largestDifference = Math.max(largestDifference, Math.abs(value - fused[position]!) / unit)
  }
  if (!(largestDifference <= MOST_DIFFERENCE)) {
    throw new PipelineError('ERR_FUSED_DIFFERS', `The fused file differs from the service by ${largestDifference}: more than ${MOST_DIFFERENCE}`)
  }
  return { texts: texts.length, largestDifference }
}

/** What a fused file reads of a text beside its tokens. */
export function ngramFeeds (text: string, { options, idf }: { readonly options: NgramOptions, readonly idf: Float32Array }): Record<string, Tensor> {
  const { indices, values } = weighNgrams(countNgrams(text, options), idf)
  const shape = [1, indices.length]
  return {
    [NGRAM_INDICES]: new Tensor('int64', BigInt64Array.from(indices, BigInt), shape),
    [NGRAM_VALUES]: new Tensor('float32', values.slice(), shape)
  }
}
