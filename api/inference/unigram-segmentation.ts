import { toLibraryFormat } from './library-format.ts'
import { PrecompiledNormalizer } from './precompiled-normalizer.ts'
import { type NormalizerJson, type Segmentation, type TokenizerJson, surroundings } from './segmentation.ts'
import { UnigramModel } from './unigram.ts'

/** Of the normalizers beside the precompiled one: `Replace` makes runs of spaces one, which is done here, too. */
const OTHER_NORMALIZERS = new Set(['Sequence', 'Replace'])

/** Whether a tokenizer is one of those that are segmented here, exactly as the reference does it. */
export function isPrecompiledUnigram ({ model, normalizer }: TokenizerJson): boolean {
  return model.type === 'Unigram' && normalizer !== null && findCharsmap(normalizer) !== undefined && isKnown(normalizer)
}

/**
 * Unigram tokenizers with a precompiled normalizer (SentencePiece). Word boundaries and special tokens come from
 * @xenova/transformers; normalization and segmentation are ours, as its own differ from the reference on emoji.
 */
export async function createUnigramSegmentation (json: TokenizerJson, config: object): Promise<Segmentation> {
  const vocabulary = json.model.vocab as Array<[string, number]>
  const unknownId = json.model.unk_id!
  const special = new Set(json.added_tokens.map(token => token.content))
  const unigram = new UnigramModel(vocabulary, unknownId, special)
  const normalizer = new PrecompiledNormalizer(findCharsmap(json.normalizer!)!)
  const tokenizer = await loadSurroundings(json, config)

  function segment (text: string): number[] {
    const normalized = normalizer.normalize(text).replace(/ {2,}/g, ' ')
    const sections = normalized ? tokenizer.pre_tokenizer!(normalized, { section_index: 0 }) : []
    return sections.flatMap(section => unigram.encode(section))
  }
  return { segment, unknownId, ...surroundings(tokenizer) }
}

/**
 * Builds the tokenizer of @xenova/transformers with the special pieces as its only vocabulary: its own segmentation
 * is not used, and the full one would cost 50 MB. Imported by file, since the package's main module starts an ONNX
 * runtime of its own.
 */
async function loadSurroundings (json: TokenizerJson, config: object) {
  const { PreTrainedTokenizer } = await import('@xenova/transformers/src/tokenizers.js')
  const specialCount = json.model.unk_id! + 1
  return new PreTrainedTokenizer({
    ...toLibraryFormat(json),
    normalizer: null,
    added_tokens: json.added_tokens.filter(token => token.id < specialCount),
    model: { ...json.model, vocab: (json.model.vocab as unknown[]).slice(0, specialCount) }
  }, config)
}

/** The charsmap of the one precompiled step, wherever it stands among the normalizers. */
function findCharsmap (normalizer: NormalizerJson): string | undefined {
  return normalizer.precompiled_charsmap ?? normalizer.normalizers?.map(findCharsmap).find(Boolean)
}

function isKnown (normalizer: NormalizerJson): boolean {
  return normalizer.precompiled_charsmap !== undefined || (OTHER_NORMALIZERS.has(normalizer.type) && (normalizer.normalizers ?? []).every(isKnown))
}
