import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PrecompiledNormalizer } from './precompiled-normalizer.ts'
import { UnigramModel } from './unigram.ts'

/** What the model reads of a text. */
export interface EncodedText {
  /** Token ids with the special ones; at most the model's maximum. */
  readonly ids: Int32Array
  /** Length of the whole text in tokens, special ones and prefix included. */
  readonly tokens: number
  /** Share of tokens that the vocabulary does not know, from 0 to 1. */
  readonly unknownRatio: number
  readonly truncated: boolean
}

export interface TokenizerOptions {
  /** Folder with `tokenizer.json` and `tokenizer_config.json`. */
  readonly directory: string
  /** Put before each text. */
  readonly prefix: string
  /** Tokens that the model reads, special ones included. */
  readonly maxTokens: number
  /** Of a longer text: tokens kept of its beginning; the rest is its end, where mails have the question. */
  readonly headTokens: number
}

export interface Tokenizer {
  encode(text: string): EncodedText
}

/** The parts of `tokenizer.json` that are read here. */
interface TokenizerJson {
  normalizer: NormalizerJson
  model: { type: string, unk_id: number, vocab: Array<[string, number]> }
  added_tokens: Array<{ id: number, content: string }>
}

interface NormalizerJson { type: string, precompiled_charsmap?: string, normalizers?: NormalizerJson[] }

/**
 * Loads the tokenizer of a model version from local files. Word boundaries and special tokens come from
 * @xenova/transformers; normalization and segmentation are ours, as its own differ from the reference on emoji.
 */
export async function loadTokenizer ({ directory, prefix, maxTokens, headTokens }: TokenizerOptions): Promise<Tokenizer> {
  const [json, config] = await Promise.all([
    readJson<TokenizerJson>(directory, 'tokenizer.json'), readJson<object>(directory, 'tokenizer_config.json')
  ])
  if (json.model.type !== 'Unigram') throw new Error(`${directory}: only Unigram tokenizers are supported, not ${json.model.type}`)
  const special = new Set(json.added_tokens.map(token => token.content))
  const unigram = new UnigramModel(json.model.vocab, json.model.unk_id, special)
  const charsmap = findCharsmap(json.normalizer)
  if (!charsmap) throw new Error(`${directory}: only tokenizers with a precompiled normalizer are supported`)
  const normalizer = new PrecompiledNormalizer(charsmap)
  const { splitWords, wrap } = await loadSurroundings(json, config)

  /** @throws never; any string has an encoding */
  function encode (text: string): EncodedText {
    const normalized = normalizer.normalize(prefix + text.toWellFormed()).replace(/ {2,}/g, ' ')
    const body = splitWords(normalized).flatMap(section => unigram.encode(section))
    const all = wrap(body)
    const unknown = body.reduce((count, id) => count + (id === json.model.unk_id ? 1 : 0), 0)
    const truncated = all.length > maxTokens
    const ids = truncated ? [...all.slice(0, headTokens), ...all.slice(all.length - (maxTokens - headTokens))] : all
    return { ids: Int32Array.from(ids), tokens: all.length, unknownRatio: body.length ? unknown / body.length : 0, truncated }
  }
  return { encode }
}

/**
 * Builds the tokenizer of @xenova/transformers with the special pieces as its only vocabulary: its own segmentation
 * is not used, and the full one would cost 50 MB. Imported by file, since the package's main module starts an ONNX
 * runtime of its own.
 */
async function loadSurroundings (json: TokenizerJson, config: object) {
  const { PreTrainedTokenizer } = await import('@xenova/transformers/src/tokenizers.js')
  const specialCount = json.model.unk_id + 1
  const reduced = {
    ...json,
    normalizer: null,
    added_tokens: json.added_tokens.filter(token => token.id < specialCount),
    model: { ...json.model, vocab: json.model.vocab.slice(0, specialCount) }
  }
  const tokenizer = new PreTrainedTokenizer(reduced, config)
  const markers = tokenizer.post_processor([], null).tokens.map(token => tokenizer.model.tokens_to_ids.get(token)!)
  const [begin, end] = markers
  if (markers.length !== 2) throw new Error('Only tokenizers with one token before and one after the text are supported')
  return {
    splitWords: (text: string) => text ? tokenizer.pre_tokenizer(text, { section_index: 0 }) : [],
    wrap: (ids: number[]) => [begin!, ...ids, end!]
  }
}

/** The charsmap of the one precompiled step, wherever it stands among the normalizers. */
function findCharsmap (normalizer: NormalizerJson): string | undefined {
  return normalizer.precompiled_charsmap ?? normalizer.normalizers?.map(findCharsmap).find(Boolean)
}

async function readJson<Content> (directory: string, file: string): Promise<Content> {
  return JSON.parse(await readFile(join(directory, file), 'utf8'))
}
