import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createLibrarySegmentation } from '../../../api/inference/library-segmentation.ts'
import { PrecompiledNormalizer } from '../../../api/inference/precompiled-normalizer.ts'
import { loadTokenizer } from '../../../api/inference/tokenizer.ts'
import { UnigramModel } from '../../../api/inference/unigram.ts'
import { type TokenizerKind, tinyTokenizer } from '../../pipelines/tiny-model.ts'
import { fetchReferenceModel, readPythonReference } from './real-model.ts'

const reference = readPythonReference()
const { manifest, directory } = await fetchReferenceModel()
const WHOLE = 1_000_000
/** Of a tiny tokenizer: the first id that is free. */
const PIECES = 400
const options = { directory, prefix: reference.prefix, maxTokens: WHOLE, headTokens: 1 }
const tokenizer = await loadTokenizer(options)
const idsOf = (text: string) => [...tokenizer.encode(text).ids]

t.test('gives Python\'s ids', async t => {
  t.equal(manifest.files.find(({ path }) => path === 'tokenizer.json')?.sha256, reference.tokenizer_sha256, 'the reference is of this tokenizer')
  t.equal(manifest.input.prefix, reference.prefix)
  const wrong = reference.texts.filter(({ text, ids }) => idsOf(text).join() !== ids.join())
  t.same(wrong.map(({ text, ids }) => ({ text, ids, actual: idsOf(text) })), [])
  t.ok(reference.texts.length >= 200, `${reference.texts.length} texts`)
})

t.test('takes a special token in a text for text', async t => {
  for (const { text, plain_ids: ids } of reference.special_literals) t.same(idsOf(text), ids, JSON.stringify(text))
})

t.test('keeps beginning and end of a long text', async t => {
  const { maxTokens, headTokens } = manifest.input
  const cutting = await loadTokenizer({ ...options, ...manifest.input })
  const long = reference.texts.filter(({ ids }) => ids.length > maxTokens)
  t.ok(long.length >= 3)
  for (const { text, ids } of long) {
    const encoded = cutting.encode(text)
    t.same([...encoded.ids], [...ids.slice(0, headTokens), ...ids.slice(ids.length - (maxTokens - headTokens))])
    t.match(encoded, { tokens: ids.length, truncated: true })
  }
  const { text, ids } = reference.texts[0]!
  t.match(cutting.encode(text), { tokens: ids.length, truncated: false })
  const exact = await loadTokenizer({ ...options, maxTokens: ids.length, headTokens: 10 })
  t.match(exact.encode(text), { truncated: false, ids: { length: ids.length } }, 'what just fits is whole')
  const headOnly = await loadTokenizer({ ...options, maxTokens: 10, headTokens: 10 })
  t.same([...headOnly.encode(text).ids], ids.slice(0, 10), 'it may be the beginning alone')
})

t.test('encodes any string', async t => {
  t.same(idsOf('kaputt\ud83d'), idsOf('kaputt\ufffd'), 'half a character is an unknown one')
  t.same(idsOf('\udc00\ud800 da'), idsOf('\ufffd\ufffd da'))
  const bytes = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).join('')
  t.ok(idsOf(bytes).every(Number.isInteger))
})

t.test('tells how much it does not know', async t => {
  t.equal(tokenizer.encode('Wo ist mein Paket?').unknownRatio, 0)
  t.equal(tokenizer.encode('我的包裹在哪里？').unknownRatio, 1 / 6, 'one of six tokens, the prefix\'s three among them')
})

for (const kind of ['wordpiece', 'bpe', 'unigram'] satisfies TokenizerKind[]) {
  t.test(`gives Python's ids with a ${kind} tokenizer, too`, async t => {
    const folder = tinyTokenizer(kind)
    const { encode } = await loadTokenizer({ ...options, directory: folder, prefix: '' })
    const { texts } = JSON.parse(await readFile(join(folder, 'tokenizer_parity.json'), 'utf8')) as { texts: Array<{ text: string, ids: number[] }> }
    t.ok(texts.length >= 40, `${texts.length} texts`)
    t.same(texts.filter(({ text, ids }) => [...encode(text).ids].join() !== ids.join()), [])
    const [begin, ...rest] = encode('Rasen').ids
    for (const { text } of texts) {
      const { ids } = encode(text)
      t.same([ids[0], ids.at(-1)], [begin, rest.at(-1)])
    }
  })
}

t.test('other tokenizers keep to what is ours', async t => {
  const wordpiece = tinyTokenizer('wordpiece')
  const json = JSON.parse(await readFile(join(wordpiece, 'tokenizer.json'), 'utf8'))
  const load = async (change: object, folder = wordpiece) => await loadTokenizer({
    ...options,
    prefix: '',
    directory: t.testdir({
      'tokenizer.json': JSON.stringify({ ...JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')), ...change }),
      'tokenizer_config.json': await readFile(join(folder, 'tokenizer_config.json'), 'utf8')
    })
  })
  const { encode } = await load({})
  const separator = json.model.vocab['[SEP]']
  t.equal([...encode('Rasen [SEP] Bohrer').ids].filter(id => id === separator).length, 1, 'a special token in a text is text')
  t.equal(encode('Rasen').unknownRatio, 0)
  t.equal(encode('Rasen 我').unknownRatio, 1 / (encode('Rasen').tokens - 2 + 1))
  t.same([...encode('kaputt\ud83d').ids], [...encode('kaputt\ufffd').ids])

  const own = { id: PIECES, content: 'Rasenmäher', special: false, single_word: false, lstrip: false, rstrip: false, normalized: false }
  const extended = await load({ added_tokens: [...json.added_tokens, own] })
  t.ok(extended.encode('mein Rasenmäher').ids.includes(PIECES), 'a token that was added for its meaning is found')

  const alone = await load({ post_processor: null })
  t.same([...alone.encode('Rasen').ids], [...encode('Rasen').ids].slice(1, -1), 'no special tokens where there are none')
  await t.rejects(load({ post_processor: { type: 'BertProcessing', cls: ['[GONE]', 1], sep: ['[SEP]', 2] } }), { message: /\[GONE\] is not in the vocabulary/ })
})

t.test('reads what older versions of tokenizers wrote', async t => {
  const [bpe, unigram] = ['bpe', 'unigram'].map(kind => tinyTokenizer(kind as TokenizerKind)) as [string, string]
  const sample = 'Wo ist mein Rasenmäher?'
  const encodeWith = async (folder: string, change: (json: Record<string, never>) => object) => {
    const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8'))
    const directory = t.testdir({ 'tokenizer.json': JSON.stringify({ ...json, ...change(json) }), 'tokenizer_config.json': '{}' })
    return [...(await loadTokenizer({ ...options, directory, prefix: '' })).encode(sample).ids]
  }
  const joined = ({ model }: { model: { merges: string[][] } }) => ({ model: { ...model, merges: model.merges.map(merge => merge.join(' ')) } })
  t.same(await encodeWith(bpe, joined as never), await encodeWith(bpe, () => ({})))
  const spaced = { pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true } }
  t.same(await encodeWith(unigram, () => spaced), await encodeWith(unigram, () => ({})))
  const inSequence = { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' }] } }
  t.same(await encodeWith(unigram, () => inSequence), await encodeWith(unigram, () => ({})), 'blanks are gone, each word begins with ▁')
})

t.test('keeps a bounded number of words', async t => {
  const json = JSON.parse(await readFile(join(tinyTokenizer('bpe'), 'tokenizer.json'), 'utf8'))
  const { segment } = await createLibrarySegmentation(json, {})
  const before = segment('Rasenmäher')
  const clearings = t.capture(Map.prototype, 'clear', Map.prototype.clear)
  segment(Array.from({ length: 20_001 }, (_, index) => `w${index}`).join(' '))
  t.equal(clearings().length, 1)
  t.same(segment('Rasenmäher'), before)
})

t.test('normalizes as the character map says', async t => {
  const json = JSON.parse(await readFile(join(directory, 'tokenizer.json'), 'utf8'))
  const steps = [json.normalizer, ...json.normalizer.normalizers ?? []]
  const normalizer = new PrecompiledNormalizer(steps.find(step => step.precompiled_charsmap).precompiled_charsmap)
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['plain ASCII 123', 'plain ASCII 123'], ['ﬁx Ｈｏｌｚ', 'fix Holz'], ['①', '1'], ['20\u00a0m²', '20 m2'], ['u\u0308ber', 'über'],
    ['tab\there', 'tab here'], ['👩🏼\u200d🔧', '👩🏼 🔧']
  ]
  for (const [text, expected] of cases) t.equal(normalizer.normalize(text), expected, JSON.stringify(text))
})

t.test('segments a word into its most probable pieces', async t => {
  const vocabulary: Array<[string, number]> = [['<s>', 0], ['<unk>', 0], ['▁', -2], ['▁a', -1], ['b', -3], ['c', -3], ['ab', -2], ['bc', -3.5], ['😀', -4], ['▁abc', -9]]
  const model = new UnigramModel(vocabulary, 1, new Set(['<s>', '<unk>']))
  const pieces = (text: string) => model.encode(text).map(id => vocabulary[id]![0]).join(' ')
  t.equal(pieces('▁abc'), '▁a bc', 'the sum counts, not the longest piece')
  t.equal(pieces('▁ab▁a'), '▁ ab ▁a', 'equal sums: the first found stays')
  t.equal(pieces('▁😀b'), '▁ 😀 b', 'a character of two UTF-16 units is one')
  t.equal(pieces('▁axyz'), '▁a <unk>', 'unknown characters in a row are one piece')
  t.equal(pieces('▁a<s>'), '▁a <unk>', 'a special piece never matches text')
  t.equal(pieces('▁abc'), '▁a bc', 'the second time, too')
  t.equal(pieces(''), '')
  t.throws(() => new UnigramModel([['<unk>', 0], ['a▁b', -1]], 0, new Set()), { message: /Piece 1 spans words/ })
})
