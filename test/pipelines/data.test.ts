import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parseCsv } from '../../pipelines/benchmark/sets.ts'
import { checkDataSet, checkedFrom } from '../../pipelines/data/checks.ts'
import { checkDrift, jensenShannon, populationStability } from '../../pipelines/data/checks/drift.ts'
import { type Example, OUT_OF_SCOPE, type Split, parseExamples, readDataSet } from '../../pipelines/data/data-set.ts'
import { fold, jaccard, shingles } from '../../pipelines/data/folding.ts'
import { DEFAULT_LIMITS, readLimits } from '../../pipelines/data/limits.ts'
import { addToProfile, createProfile } from '../../pipelines/data/profile.ts'
import { SimilarityIndex, similarPairs } from '../../pipelines/data/similarity.ts'
import { createLabelLookup, readTaxonomy } from '../../pipelines/data/taxonomy.ts'

const example = (id: string, text: string, label: string, more: Partial<Example> = {}): Example => ({ id, text, label, language: 'de', ...more })

function smallSet (): Record<Split, Example[]> {
  return {
    train: [example('a', 'Welche Erde brauchen Hortensien im Kübel?', 'garden'), example('b', 'Wer gewinnt heute das Spiel?', OUT_OF_SCOPE)],
    validation: [example('c', 'Rasen wird gelb', 'garden'), example('d', 'Wie alt bist du', OUT_OF_SCOPE)],
    test: [example('e', 'Wann schneidet man den Flieder?', 'garden'), example('f', 'Danke schön', OUT_OF_SCOPE)]
  }
}
const limits = { ...DEFAULT_LIMITS, minPerLabel: 1 }
const failures = (splits: Record<Split, Example[]>, own = limits) => Object.fromEntries(
  checkDataSet(checkedFrom({ splits }, ['garden']), own).filter(({ passed }) => !passed).map(({ test, rows }) => [test, rows]))

t.test('accepts a sound data set', async t => t.strictSame(failures(smallSet()), {}))

t.test('names the test and the rows of each problem, and nothing that customers wrote', async t => {
  const splits = smallSet()
  splits.train.push(example('a', 'Mein Nachbar mäht sonntags immer sehr früh', 'garden', { customer: 'customer-1' }), example('y', 'Hm', 'garden', { language: 'fr' }))
  splits.test.push(example('z', 'welche erde brauchen Hortensien im Kuebel', 'garden', { customer: 'customer-1' }), example('w', 'X '.repeat(200), 'garden'))
  t.strictSame(failures(splits, { ...limits, minPerLabel: 5, minPerLabelByLanguage: { en: 1 }, minOutOfScope: 2, maxLength: 300 }), {
    ids: ['train a (train.jsonl:1) and train a (train.jsonl:3)'],
    counts: ['train: 3 examples of garden, 5 are needed', 'train: 0 examples of garden in en, 1 are needed', 'train: 1 examples of out_of_scope, 2 are needed'],
    leakage: [
      'train a (train.jsonl:1) and test z (test.jsonl:3) are nearly the same text',
      'train a (train.jsonl:3) and test z (test.jsonl:3) are of one customer'
    ],
    language: ['train y (train.jsonl:4)'],
    length: ['test w (test.jsonl:4)']
  })
})

t.test('labels of the data set and of the taxonomy must be the same, in every split', async t => {
  const splits = smallSet()
  splits.validation.shift()
  const checks = checkDataSet({ ...checkedFrom({ splits }, ['garden']), unknownLabels: ['x.csv:7'] }, limits)
  t.strictSame(checks.find(({ test }) => test === 'labels')?.rows, ['x.csv:7', 'validation: no example of garden'])
})

t.test('near-duplicates within a split and rejected rows are allowed up to a share', async t => {
  const splits = smallSet()
  splits.train.push(example('g', 'Welche Erde brauchen die Hortensien im Kübel', 'garden'))
  t.strictSame(Object.keys(failures(splits)), [])
  t.strictSame(failures(splits, { ...limits, maxNearDuplicates: 0 }), { duplicates: ['train a (train.jsonl:1) and train g (train.jsonl:3) are nearly the same text'] })
  const rejects = (rejected: string[]) => checkDataSet({ ...checkedFrom({ splits }, ['garden']), rejected, total: 20 }, limits).find(({ test }) => test === 'rejects')?.passed
  t.strictSame([rejects(['a:1', 'a:2']), rejects(['a:1', 'a:2', 'a:3'])], [true, false])
})

t.test('a language that gathers in one split is seen; chance in a small split is not', async t => {
  const many = (count: number, language: string) => Array.from({ length: count }, (_, index) => example(`${language}${index}`, `${language} ${index}`, 'garden', { language }))
  const rows = (splits: Record<Split, Example[]>) => checkDataSet({ ...checkedFrom({ splits }, ['garden']), pairs: [] }, limits).find(({ test }) => test === 'language')?.rows
  const train = [...many(200, 'de'), ...many(100, 'en')]
  t.strictSame(rows({ train, validation: many(3, 'de'), test: [...many(20, 'de'), ...many(10, 'en')] }), [])
  t.strictSame(rows({ train, validation: many(60, 'en'), test: many(1, 'de') }), ['validation: 100.0 % en, 44.0 % in all splits together'].flatMap(row => [row.replace('100.0 % en, 44.0', '0.0 % de, 55.7'), row.replace('44.0', '44.3')]))
})

t.test('drift: other labels, longer texts and other words are told from chance', async t => {
  const profile = (texts: string[], label: (index: number) => string) => {
    const made = createProfile()
    texts.forEach((text, index) => addToProfile(made, { text, label: label(index) }))
    return made
  }
  const words = ['Rasen', 'Bohrer', 'Farbe', 'Lampe', 'Rechnung', 'Paket']
  const texts = (count: number, offset = 0) => Array.from({ length: count }, (_, index) => `Frage zu ${words[(index * 7 + offset) % 6]} ${'und mehr '.repeat(index % 10)}`)
  const even = (index: number) => index % 2 ? 'a' : 'b'
  const previous = profile(texts(600), even)
  t.strictSame(checkDrift(previous, profile(texts(300, 3), even), limits).rows, [])
  const { rows, passed } = checkDrift(previous, profile(texts(300).map(text => `${text} completely other words at the end of each`), index => index % 10 ? 'a' : 'b'), limits)
  t.notOk(passed)
  t.match(rows, [/index of the labels is 0\.\d+, 0.25 is allowed/, /index of the lengths/, /divergence of the words/])
  t.equal(populationStability([0.5, 0.5], [0.9, 0.1]).toFixed(4), (0.4 * Math.log(1.8) + 0.4 * Math.log(5)).toFixed(4))
  t.strictSame([jensenShannon([1, 0], [0, 1]), jensenShannon([0.5, 0.5], [0.5, 0.5])], [1, 0])
})

t.test('tells paraphrases of one text from texts on one matter', async t => {
  const pair = (a: string, b: string) => similarPairs([{ text: a }, { text: b }]).length
  t.equal(pair('Wo bleibt mein Paket, es sollte gestern kommen?', 'wo bleibt mein paket... es sollte gestern kommen!!'), 1)
  t.equal(pair('Wo bleibt mein Paket, es sollte gestern kommen?', 'Meine Lieferung ist seit Tagen überfällig.'), 0)
  t.equal(pair('🙂🙂', '🙂🙂'), 1, 'texts without letters')
})

t.test('finds what comparing every pair finds', async t => {
  const { splits } = await readDataSet('data/inquiries/1.0.0')
  const originals = splits.validation.slice(0, 200).map(({ text }) => text)
  const changed = originals.map((text, index) => text.split(' ').filter((_, word) => word % (3 + index % 9) !== 2).join(' ')) // a word in three to eleven left out
  const texts = [...originals, ...changed]
  const sets = texts.map(text => shingles(fold(text)))
  const near = texts.flatMap((_, a) => texts.slice(a + 1).map((_, b) => [a, a + 1 + b] as const)).filter(([a, b]) => jaccard(sets[a]!, sets[b]!) >= 0.5)
  const index = new SimilarityIndex()
  for (const text of texts) index.add(text)
  const found = new Set(index.pairs(item => texts[item]!, 0.5).map(pair => pair.join()))
  t.ok(near.length > 50, `${near.length} pairs`)
  const missed = near.filter(pair => !found.has(pair.join()))
  t.ok(missed.length <= near.length / 50, `${missed.length} of ${near.length} missed: at the limit two in a hundred may be`)
  t.equal([...found].filter(pair => !near.some(one => one.join() === pair)).length, 0, 'and nothing else')
})

t.test('a thousand texts that are all alike are connected without comparing all pairs', async t => {
  const items = Array.from({ length: 1_000 }, (_, index) => ({ text: `Guten Tag, wo bleibt meine Bestellung? Sie sollte gestern schon da sein. Gruß ${index}` }))
  const pairs = similarPairs(items)
  t.equal(pairs.length, 999, 'a tree')
})

t.test('reads limits and taxonomies, and says what is wrong with them', async t => {
  const folder = t.testdir({
    'limits.json': '{"minPerLabel":5}',
    'typo.json': '{"minPerLable":5}',
    'taxonomy.json': '{"name":"t","version":"1","labels":[{"id":"garden","de":"Garten & Pflanzen"},{"id":"tools","en":"Tools"}]}',
    'none.json': '{"labels":[]}',
    'broken.json': '{"labels":['
  })
  t.strictSame(await readLimits(join(folder, 'limits.json')), { ...DEFAULT_LIMITS, minPerLabel: 5 })
  await t.rejects(readLimits(join(folder, 'typo.json')), { code: 'ERR_LIMITS', exitCode: 2 })
  await t.rejects(readLimits(join(folder, 'absent.json')), { code: 'ERR_LIMITS' })
  const labelOf = createLabelLookup(await readTaxonomy(join(folder, 'taxonomy.json')))
  t.strictSame(['garden', ' GARTEN & pflanzen', 'Tools', OUT_OF_SCOPE, 'Dach'].map(labelOf), ['garden', 'garden', 'tools', OUT_OF_SCOPE, undefined])
  await t.rejects(readTaxonomy(join(folder, 'none.json')), { code: 'ERR_TAXONOMY', exitCode: 4 })
  await t.rejects(readTaxonomy(join(folder, 'absent.json')), { code: 'ERR_TAXONOMY' })
  await t.rejects(readTaxonomy(join(folder, 'broken.json')), { code: 'ERR_TAXONOMY', exitCode: 4, message: /broken\.json is no JSON/ })
})

t.test('reading refuses what dataset.json does not describe', async t => {
  const directory = t.testdir({ 'train.jsonl': '' })
  t.throws(() => parseExamples('{"id":"a"}\n', 'train.jsonl'), /train.jsonl:1 is no example/)
  t.throws(() => parseExamples('{"id":\n', 'train.jsonl'), /JSON/)
  await writeFile(join(directory, 'dataset.json'), '{"name":"x"}')
  await t.rejects(readDataSet(directory), /describes no data set/)
})

t.test('parses CSV with quotes, commas and line breaks', async t => {
  t.strictSame(parseCsv('text,label\n"a, ""b""\nc",x\nplain,y\n'), [['text', 'label'], ['a, "b"\nc', 'x'], ['plain', 'y']])
})
