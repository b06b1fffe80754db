/** The part of @xenova/transformers' tokenizers that is used here; the package ships no types for this file. */
declare module '@xenova/transformers/src/tokenizers.js' {
  export class PreTrainedTokenizer {
    constructor (tokenizerJson: object, tokenizerConfig: object)
    pre_tokenizer (text: string, options: { section_index: number }): string[]
    post_processor (tokens: string[], pair: null): { tokens: string[] }
    model: { tokens_to_ids: Map<string, number> }
  }
}
