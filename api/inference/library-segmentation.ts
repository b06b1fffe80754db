import { toLibraryFormat } from './library-format.ts'
import { type Segmentation, type TokenizerJson, surroundings } from './segmentation.ts'

/** The library keeps every word that it has split, without bound. */
const CACHE_LIMIT = 20_000

/**
 * Any other fast tokenizer (WordPiece, BPE, Unigram with other normalizers) as @xenova/transformers runs it. Whether
 * that equals the reference is for `pipelines import` to check.
 */
export async function createLibrarySegmentation (json: TokenizerJson, config: object): Promise<Segmentation> {
  const { PreTrainedTokenizer } = await import('@xenova/transformers/src/tokenizers.js')
  const tokenizer = new PreTrainedTokenizer(toLibraryFormat({ ...json, added_tokens: json.added_tokens.filter(({ special }) => !special) }), config)
  // Known, yet not looked for in texts: `[SEP]` written by a customer is just five characters.
  for (const { content, id, special } of json.added_tokens) if (special) tokenizer.model.tokens_to_ids.set(content, id)

  function segment (text: string): number[] {
    const tokens = tokenizer._encode_text(text)
    const { cache } = tokenizer.model
    if (cache && cache.size > CACHE_LIMIT) cache.clear()
    // What a vocabulary without an unknown token cannot spell is left out, as the reference does.
    return tokenizer.model.convert_tokens_to_ids(tokens).filter(id => id !== undefined)
  }
  return { segment, unknownId: tokenizer.model.unk_token_id, ...surroundings(tokenizer) }
}
