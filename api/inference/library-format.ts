import type { PreTokenizerJson, TokenizerJson } from './segmentation.ts'

/** Rewrites what newer versions of `tokenizers` write in another way than @xenova/transformers reads it. */
export function toLibraryFormat (json: TokenizerJson): TokenizerJson {
  const { merges, ...model } = json.model
  return {
    ...json,
    pre_tokenizer: json.pre_tokenizer && withPrefixSpace(json.pre_tokenizer),
    model: { ...model, ...(merges && { merges: merges.map(merge => typeof merge === 'string' ? merge : merge.join(' ')) }) }
  }
}

/** `prepend_scheme` says alone, since tokenizers 0.15, what `add_prefix_space` said before. */
function withPrefixSpace (step: PreTokenizerJson): PreTokenizerJson {
  if (step.pretokenizers) return { ...step, pretokenizers: step.pretokenizers.map(withPrefixSpace) }
  if (step.type !== 'Metaspace' || step.add_prefix_space !== undefined) return step
  return { ...step, add_prefix_space: step.prepend_scheme !== 'never' }
}
