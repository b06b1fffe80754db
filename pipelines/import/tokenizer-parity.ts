import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { toLibraryFormat } from '../../api/inference/library-format.ts'
import type { TokenizerJson } from '../../api/inference/segmentation.ts'
import { loadTokenizer } from '../../api/inference/tokenizer.ts'
import { isPrecompiledUnigram } from '../../api/inference/unigram-segmentation.ts'
import { hashFile } from '../../model-store/verify.ts'
import { readJsonFile } from '../json-file.ts'
import { EXIT, PipelineError } from '../step.ts'

export const PARITY_FILE = 'tokenizer_parity.json'

/** What `export_parity.py` writes: ids of whole texts, prefix and special tokens included. */
const ParitySchema = Type.Object({
  tokenizers: Type.String({ description: 'Version of the Python package.' }),
  tokenizer_sha256: Type.String(),
  prefix: Type.String(),
  texts: Type.Array(Type.Object({ text: Type.String(), ids: Type.Array(Type.Integer()) }), { minItems: 1 })
})

type Reference = Pick<Static<typeof ParitySchema>, 'texts'> & { readonly name: string }

/** With what the service's tokenizer was compared. */
export interface TokenizerParity {
  readonly reference: string
  readonly texts: number
}

const WHOLE = 1_000_000
const MOST_NAMED = 20

/**
 * Checks that the service's tokenizer gives the ids that the model was trained with: against `tokenizer_parity.json`
 * where the folder has it, else against the tokenizer of @xenova/transformers on `texts`.
 * @throws {PipelineError} ERR_TOKENIZER_DIFFERS names the texts by their index; ERR_PARITY_FILE
 */
export async function checkTokenizerParity (directory: string, prefix: string, texts: readonly string[]): Promise<TokenizerParity> {
  const isThere = await access(join(directory, PARITY_FILE)).then(() => true, () => false)
  const reference = isThere ? await readReference(directory, prefix) : await askLibrary(directory, prefix, texts)
  const tokenizer = await loadTokenizer({ directory, prefix, maxTokens: WHOLE, headTokens: 1 })
  const wrong = reference.texts.flatMap(({ text, ids }, index) => tokenizer.encode(text).ids.join() === ids.join() ? [] : [index])
  if (wrong.length) {
    const named = wrong.slice(0, MOST_NAMED).join(', ') + (wrong.length > MOST_NAMED ? ', …' : '')
    throw new PipelineError('ERR_TOKENIZER_DIFFERS', `Of ${reference.texts.length} texts ${wrong.length} have other tokens than ${reference.name} gives: texts ${named} (counted from 0)`, { exitCode: EXIT.data })
  }
  return { reference: reference.name, texts: reference.texts.length }
}

async function readReference (directory: string, prefix: string): Promise<Reference> {
  const path = join(directory, PARITY_FILE)
  const invalid = (problem: string, cause?: unknown) => new PipelineError('ERR_PARITY_FILE', `${path}, which export_parity.py writes, ${problem}`, { exitCode: EXIT.data, cause })
  const file = await readJsonFile(path, ParitySchema, invalid)
  if (file.tokenizer_sha256 !== await hashFile(join(directory, 'tokenizer.json'))) throw invalid('was made with another tokenizer.json')
  if (file.prefix !== prefix) throw invalid(`was made with the prefix ${JSON.stringify(file.prefix)}, not ${JSON.stringify(prefix)}`)
  return { name: `tokenizers ${file.tokenizers} (Python)`, texts: file.texts }
}

/** A weaker reference: for WordPiece and BPE the service uses the same library, put together in another way. */
async function askLibrary (directory: string, prefix: string, texts: readonly string[]): Promise<Reference> {
  const { AutoTokenizer, PreTrainedTokenizer } = await import('@xenova/transformers/src/tokenizers.js')
  const [json, config] = await Promise.all(['tokenizer.json', 'tokenizer_config.json'].map(async file => JSON.parse(await readFile(join(directory, file), 'utf8')))) as [TokenizerJson, { tokenizer_class?: string }]
  const Tokenizer = AutoTokenizer.TOKENIZER_CLASS_MAPPING[config.tokenizer_class?.replace(/Fast$/, '') ?? ''] ?? PreTrainedTokenizer
  const tokenizer = new Tokenizer(toLibraryFormat(json), config)
  const comparable = isPrecompiledUnigram(json) ? texts.filter(text => !isLost(text)) : texts
  return { name: '@xenova/transformers', texts: comparable.map(text => ({ text, ids: tokenizer.encode(prefix + text) })) }
}

/** Where the library's Unigram is known to differ from Python's: emoji, and marks that normalization moves (docs/decisions/0002). */
function isLost (text: string): boolean {
  return /[\p{M}\p{Cf}\p{Cc}\u{10000}-\u{10ffff}]/u.test(text)
}
