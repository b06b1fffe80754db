import type { Manifest } from '../../model-store/manifest.ts'
import { usageError } from '../step.ts'
import type { Source } from './source.ts'

/** More is seldom worth its time: the longest tenth of inquiries has about 70 tokens. */
const DEFAULT_TOKENS = 256
/** Part of a long text that is kept of its beginning. */
const HEAD_SHARE = 0.6
/** Models of this family count positions from behind the padding token's id, which is 1 there. */
const SHIFTED_POSITIONS = /roberta|camembert/
const SHIFT = 2

/**
 * How much a model reads of a text.
 * @param wanted most tokens, special ones included; left out: as many as the model can read, at most 256
 * @throws {PipelineError} ERR_USAGE when the model cannot read as many as are wanted
 */
export function inputLimits ({ config, tokenizerConfig }: Pick<Source, 'config' | 'tokenizerConfig'>, prefix: string, wanted?: number): Manifest['input'] {
  const positions = config.max_position_embeddings ?? Infinity
  const shift = SHIFTED_POSITIONS.test(config.model_type ?? '') ? SHIFT : 0
  const most = Math.min(positions - shift, tokenizerConfig.model_max_length ?? Infinity)
  if (wanted !== undefined && wanted > most) throw usageError(`The model reads at most ${most} tokens, not ${wanted}`)
  const maxTokens = wanted ?? Math.min(most, DEFAULT_TOKENS)
  return { prefix, maxTokens, headTokens: Math.max(1, Math.round(HEAD_SHARE * maxTokens)) }
}
