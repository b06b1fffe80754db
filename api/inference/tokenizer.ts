import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLibrarySegmentation } from './library-segmentation.ts'
import type { TokenizerJson } from './segmentation.ts'
import { createUnigramSegmentation, isPrecompiledUnigram } from './unigram-segmentation.ts'

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

/**
 * Loads the tokenizer of a model version from local files, whatever fast tokenizer of Hugging Face it is.
 */
export async function loadTokenizer ({ directory, prefix, maxTokens, headTokens }: TokenizerOptions): Promise<Tokenizer> {
  const [json, config] = await Promise.all([
    readJson<TokenizerJson>(directory, 'tokenizer.json'), readJson<object>(directory, 'tokenizer_config.json')
  ])
  const create = isPrecompiledUnigram(json) ? createUnigramSegmentation : createLibrarySegmentation
  const { segment, begin, end, unknownId } = await create(json, config)

  /** @throws never; any string has an encoding */
  function encode (text: string): EncodedText {
    const body = segment(prefix + text.toWellFormed())
    const all = [...begin, ...body, ...end]
    const unknown = body.reduce((count, id) => count + (id === unknownId ? 1 : 0), 0)
    const truncated = all.length > maxTokens
    const ids = truncated ? [...all.slice(0, headTokens), ...all.slice(all.length - (maxTokens - headTokens))] : all
    return { ids: Int32Array.from(ids), tokens: all.length, unknownRatio: body.length ? unknown / body.length : 0, truncated }
  }
  return { encode }
}

async function readJson<Content> (directory: string, file: string): Promise<Content> {
  return JSON.parse(await readFile(join(directory, file), 'utf8'))
}
