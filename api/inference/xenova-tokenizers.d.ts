/** The part of @xenova/transformers' tokenizers that is used here; the package ships no types for this file. */
declare module '@xenova/transformers/src/tokenizers.js' {
  export class PreTrainedTokenizer {
    constructor (tokenizerJson: object, tokenizerConfig: object)
    encode (text: string): number[]
    _encode_text (text: string): string[]
    pre_tokenizer: ((text: string, options: { section_index: number }) => string[]) | null
    post_processor: ((tokens: string[], pair: null) => { tokens: string[] }) | null
    model: {
      tokens_to_ids: Map<string, number>
      convert_tokens_to_ids (tokens: string[]): number[]
      unk_token_id: number | undefined
      /** What BPE has split. */
      cache?: Map<string, string[]>
    }
  }
  export class AutoTokenizer {
    static TOKENIZER_CLASS_MAPPING: Record<string, typeof PreTrainedTokenizer>
  }
}
