import t from 'tap'
import { assignFolds } from '../../pipelines/search/folds.ts'
import { searchHeadParameters } from '../../pipelines/search/search.ts'
import type { HeadParameters, TrainingItem } from '../../pipelines/train/train-head.ts'

const WORDS = ['Pflanze', 'Bohrer', 'Tapete', 'Lieferung']

/** Labels that only the text tells; the embedding is the same for all but for its noise. */
function syntheticItems (count: number): TrainingItem[] {
  return Array.from({ length: count }, (_, index) => ({
    text: `${WORDS[index % 4]} Nummer ${'abcdefghij'[index % 10]}${'klmnopqrst'[index % 7]}${index}`,
    label: WORDS[index % 4]!,
    embedding: Float32Array.of(Math.sin(index), Math.cos(3 * index))
  }))
}

const EMBEDDING: HeadParameters = { c: 1, maxIterations: 40 }
const NGRAMS: HeadParameters = { ...EMBEDDING, ngrams: { minLength: 2, maxLength: 4, buckets: 1_024, scale: 1, minTexts: 2, apart: { c: 10, maxIterations: 40, share: 1 } } }

t.test('folds are even for every label, and keep a group and equal texts together', async t => {
  const items = [...syntheticItems(200), { text: 'bohrer  NUMMER aa!', label: 'Bohrer' }, { text: 'Bohrer Nummer aa', label: 'Bohrer' }]
  const groupOf = (item: number) => item % 4 === 2 && item < 40 ? `customer ${item % 8}` : undefined
  const folds = assignFolds(items, { folds: 4, seed: 1, groupOf })
  for (const customer of ['customer 2', 'customer 6']) {
    const members = items.map((_, item) => item).filter(item => groupOf(item) === customer)
    t.equal(new Set(members.map(item => folds[item])).size, 1, customer)
    t.ok(members.length > 1)
  }
  t.equal(folds[200], folds[201], 'the same text, written otherwise')
  for (const label of WORDS) {
    const counts = [0, 1, 2, 3].map(fold => items.filter((item, index) => item.label === label && folds[index] === fold).length)
    t.ok(Math.max(...counts) - Math.min(...counts) <= 2, `${label}: ${counts}`)
  }
})

t.test('folds are drawn by the seed', async t => {
  const items = syntheticItems(100)
  const draw = (seed: number) => assignFolds(items, { folds: 4, seed })
  t.strictSame(draw(1), draw(1))
  t.notSame(draw(1), draw(2))
})

t.test('the search finds the parameters that predict best, and finds the same again', async t => {
  const items = syntheticItems(160)
  const candidates = [EMBEDDING, NGRAMS, { ...EMBEDDING, c: 10 }]
  const found = await searchHeadParameters(items, WORDS, { candidates, folds: 4, seed: 3 })
  t.equal(found.best.parameters, NGRAMS)
  t.equal(found.best.folds, 4)
  t.ok(found.best.accuracy > 0.95, `${found.best.accuracy}`)
  t.ok(found.trials.find(({ parameters }) => parameters === EMBEDDING)!.accuracy < 0.6)
  t.ok(found.complete)
  t.strictSame(await searchHeadParameters(items, WORDS, { candidates, folds: 4, seed: 3 }), found)
})

t.test('an exhausted budget ends the search with what was tried', async t => {
  const found = await searchHeadParameters(syntheticItems(80), WORDS, { candidates: [EMBEDDING, NGRAMS], budgetSeconds: 0 })
  t.notOk(found.complete)
  t.strictSame(found.trials.map(({ parameters }) => parameters), [EMBEDDING])
})
