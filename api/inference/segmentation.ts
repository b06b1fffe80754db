import type { PreTrainedTokenizer } from '@xenova/transformers/src/tokenizers.js'

/** How a text becomes tokens: what differs between tokenizers. */
export interface Segmentation {
  /** Ids of a text, special ones left out. @throws never; any string has some */
  segment(text: string): number[]
  /** Special tokens before and after every text. */
  readonly begin: readonly number[]
  readonly end: readonly number[]
  /** Id of what the vocabulary does not know; none where it can spell every byte. */
  readonly unknownId: number | undefined
}

/** The parts of `tokenizer.json` that are read here. */
export interface TokenizerJson {
  readonly normalizer: NormalizerJson | null
  readonly pre_tokenizer: PreTokenizerJson | null
  readonly model: { readonly type: string, readonly unk_id?: number, readonly vocab: unknown, readonly merges?: ReadonlyArray<string | readonly string[]> }
  readonly added_tokens: ReadonlyArray<{ readonly id: number, readonly content: string, readonly special: boolean }>
}

export interface NormalizerJson {
  readonly type: string
  readonly precompiled_charsmap?: string
  readonly normalizers?: readonly NormalizerJson[]
}

export interface PreTokenizerJson {
  readonly type: string
  readonly add_prefix_space?: boolean
  readonly prepend_scheme?: string
  readonly pretokenizers?: readonly PreTokenizerJson[]
}

/** Stands for the text where a tokenizer puts its special tokens around it. */
const TEXT = '\ufdd0'

/** The special tokens that a tokenizer puts around a text. @throws when the vocabulary lacks one */
export function surroundings (tokenizer: PreTrainedTokenizer): Pick<Segmentation, 'begin' | 'end'> {
  const tokens = tokenizer.post_processor?.([TEXT], null).tokens ?? [TEXT]
  const ids = (part: readonly string[]) => part.map(token => {
    const id = tokenizer.model.tokens_to_ids.get(token)
    if (id === undefined) throw new Error(`The special token ${token} is not in the vocabulary`)
    return id
  })
  const position = tokens.indexOf(TEXT)
  return { begin: ids(tokens.slice(0, position)), end: ids(tokens.slice(position + 1)) }
}
