import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Head, loadHead, saveHead } from '../../../api/inference/head.ts'
import { countNgrams, weighNgrams } from '../../../api/inference/ngrams.ts'
import { createLinearScorer, identityScorer, softmax } from '../../../api/inference/scores.ts'

const CLASSES = ['garden', 'tools', 'none']
const PLAIN: Head = {
  classes: CLASSES,
  weights: [Float64Array.of(1, 0), Float64Array.of(0, -2), Float64Array.of(0.1, 0.2)],
  bias: Float64Array.of(0.5, 0, 1 / 3)
}
const BUCKETS = 8
const WITH_NGRAMS: Head = {
  ...PLAIN,
  ngrams: {
    options: { minLength: 2, maxLength: 3, buckets: BUCKETS },
    idf: Float32Array.from({ length: BUCKETS }, (_, bucket) => bucket % 3),
    weights: Float32Array.from({ length: BUCKETS * CLASSES.length }, (_, index) => index / 7)
  }
}

t.test('reads what it wrote', async t => {
  const directory = t.testdir()
  t.same(await saveHead(directory, PLAIN), ['head.json'])
  t.same(await loadHead(directory, CLASSES, 2), { ...PLAIN, ngrams: undefined })
  t.same(await saveHead(directory, WITH_NGRAMS), ['head.json', 'ngrams.bin'])
  t.same(await loadHead(directory, CLASSES, 2), WITH_NGRAMS)
})

t.test('refuses what is no head for this model', async t => {
  const edit = async (t: Test, change: (head: Record<string, unknown>) => unknown) => {
    const directory = t.testdir()
    await saveHead(directory, PLAIN)
    const path = join(directory, 'head.json')
    await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))))
    return await loadHead(directory, CLASSES, 2)
  }
  const cases: ReadonlyArray<readonly [string, (head: Record<string, unknown>) => unknown, RegExp]> = [
    ['another kind', head => ({ ...head, kind: 'cubic' }), /no linear head/],
    ['a weight that is no number', head => ({ ...head, weights: [[1, null], [0, 0], [0, 0]] }), /no linear head/],
    ['no bias', ({ bias, ...rest }) => rest, /no linear head/],
    ['an unknown field', head => ({ ...head, scale: 2 }), /no linear head/],
    ['n-grams of no length', head => ({ ...head, ngrams: { minLength: 0, maxLength: 3, buckets: 8 } }), /no linear head/],
    ['classes in another order', head => ({ ...head, classes: ['tools', 'garden', 'none'] }), /other classes/],
    ['a class too few', head => ({ ...head, classes: ['garden', 'tools'] }), /other classes/],
    ['a row too few', head => ({ ...head, weights: [[1, 0], [0, 1]] }), /3 rows of 2/],
    ['a row that is too long', head => ({ ...head, weights: [[1, 0], [0, 1], [0, 0, 0]] }), /3 rows of 2/],
    ['a bias too many', head => ({ ...head, bias: [0, 0, 0, 0] }), /3 rows of 2/]
  ]
  for (const [what, change, message] of cases) await t.test(what, t => t.rejects(edit(t, change), { message }))

  await t.test('n-gram weights that were cut off', async t => {
    const directory = t.testdir()
    await saveHead(directory, WITH_NGRAMS)
    await truncate(join(directory, 'ngrams.bin'), 100)
    await t.rejects(loadHead(directory, CLASSES, 2), { message: /ngrams\.bin has 100 bytes.*need 128/ })
  })
})

const EMBEDDING = Float32Array.of(2, 0.5)
const FROM_EMBEDDING = [2 + 0.5, -1, 0.1 * 2 + 0.2 * 0.5 + 1 / 3]

t.test('scores an embedding', async t => {
  t.ok(near(createLinearScorer(PLAIN)('any text')(EMBEDDING), FROM_EMBEDDING))
  t.same([...identityScorer('any text')(Float32Array.of(1, -2))], [1, -2])
})

t.test('adds the text\'s n-grams to the score', async t => {
  const { options, idf, weights } = WITH_NGRAMS.ngrams!
  const { indices, values } = weighNgrams(countNgrams('Tor', options), idf)
  t.ok(indices.length > 0, 'some n-gram of the text counts')
  const expected = FROM_EMBEDDING.map((dense, index) =>
    indices.reduce((sum, bucket, feature) => sum + values[feature]! * weights[bucket * CLASSES.length + index]!, dense))
  const score = createLinearScorer(WITH_NGRAMS)
  t.ok(near(score('Tor')(EMBEDDING), expected))
  t.ok(near(score('')(EMBEDDING), FROM_EMBEDDING), 'without text the embedding alone counts')
  const toLogits = score('Tor')
  toLogits(Float32Array.of(100, 100))
  t.ok(near(toLogits(EMBEDDING), expected), 'one output leaves nothing behind for the next')
})

t.test('turns logits into probabilities', async t => {
  t.ok(near(softmax(Float64Array.of(0, Math.log(3)), 1), [0.25, 0.75]))
  t.ok(near(softmax(Float64Array.of(0, Math.log(9)), 2), [0.25, 0.75]), 'a temperature above 1 makes less sure')
  t.ok(near(softmax(Float64Array.of(1e4, 1e4, -1e4), 0.5), [0.5, 0.5, 0]), 'large logits do not overflow')
})

function near (actual: Float64Array, expected: readonly number[]): boolean {
  return actual.length === expected.length && actual.every((value, index) => Math.abs(value - expected[index]!) < 1e-9)
}
