import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { PrecompiledNormalizer } from '../../../api/inference/precompiled-normalizer.ts'
import { loadTokenizer } from '../../../api/inference/tokenizer.ts'
import { UnigramModel } from '../../../api/inference/unigram.ts'
import { fetchRealModel, readPythonReference } from './real-model.ts'

const reference = readPythonReference()
const { manifest, directory } = await fetchRealModel()
const WHOLE = 1_000_000
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

t.test('loads only what it can segment exactly', async t => {
  const json = JSON.parse(await readFile(join(directory, 'tokenizer.json'), 'utf8'))
  const load = async (change: object) => {
    const folder = t.testdir({ 'tokenizer.json': JSON.stringify({ ...json, ...change }), 'tokenizer_config.json': '{}' })
    return await loadTokenizer({ ...options, directory: folder })
  }
  await t.rejects(load({ model: { ...json.model, type: 'BPE' } }), { message: /only Unigram.*not BPE/ })
  await t.rejects(load({ normalizer: { type: 'NFKC' } }), { message: /precompiled/ })
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
