import './no-telemetry.ts'
import { Tensor } from 'onnxruntime-node'

/** Inputs that a text can fill, by the names that Hugging Face exports give them. */
export const TEXT_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const

/**
 * What a graph reads of one text: its ids, all of them attended to, all of one sentence.
 * @param inputNames of the graph; those that it does not ask for are left out
 */
export function feedsOf (ids: Int32Array, inputNames: readonly string[]): Record<string, Tensor> {
  const shape = [1, ids.length]
  const feeds: Record<string, Tensor> = { input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape) }
  if (inputNames.includes('attention_mask')) feeds.attention_mask = new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape)
  if (inputNames.includes('token_type_ids')) feeds.token_type_ids = new Tensor('int64', new BigInt64Array(ids.length), shape)
  return feeds
}
