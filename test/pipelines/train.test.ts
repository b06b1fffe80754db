import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createLinearScorer, softmax } from '../../api/inference/scores.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { fitTemperature } from '../../pipelines/train/calibration.ts'
import { trainStep } from '../../pipelines/train/command.ts'
import { minimize } from '../../pipelines/train/lbfgs.ts'
import { fitSoftmaxRegression } from '../../pipelines/train/softmax-regression.ts'
import { type ScoredItem, chooseThresholds, rates } from '../../pipelines/train/thresholds.ts'
import { type TrainingItem, trainHead } from '../../pipelines/train/train-head.ts'
import { writeSmallData } from './small-data.ts'
import { writeTinyEncoder } from './tiny-model.ts'

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function random (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

t.test('L-BFGS finds the minimum of the Rosenbrock function', async t => {
  const rosenbrock = ([x = 0, y = 0]: Float64Array) => ({
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x))
  })
  const [x, y] = minimize(rosenbrock, Float64Array.of(-1.2, 1), { maxIterations: 200, tolerance: 1e-8 })
  t.match([x!.toFixed(5), y!.toFixed(5)], ['1.00000', '1.00000'])
})

t.test('softmax regression stops where its gradient is zero, dense and sparse', async t => {
  const next = random(1)
  const items = Array.from({ length: 60 }, () => ({
    dense: Float64Array.from({ length: 3 }, () => next() - 0.5),
    sparse: { indices: Int32Array.of(Math.floor(next() * 4)), values: Float32Array.of(1) }
  }))
  const labels = items.map(({ dense, sparse }) => dense[0]! + (sparse.indices[0] === 1 ? 0.4 : 0) > 0.1 ? 1 : dense[1]! > 0 ? 2 : 0)
  const c = 2
  const fit = fitSoftmaxRegression(items, labels, { classes: 3, sparseSize: 4, c, tolerance: 1e-9, maxIterations: 500 })
  // At the optimum of sum of losses + |w|²/(2c): w = c · Σ (truth − probability) · x, and Σ (truth − probability) = 0.
  const errors = items.map(({ dense, sparse }, item) => {
    const logits = Float64Array.from({ length: 3 }, (_, k) =>
      fit.bias[k]! + dense.reduce((sum, x, d) => sum + x * fit.dense[3 * k + d]!, 0) + fit.sparse[3 * sparse.indices[0]! + k]!)
    return softmax(logits, 1).map((p, k) => (labels[item] === k ? 1 : 0) - p)
  })
  for (let k = 0; k < 3; k++) {
    t.ok(Math.abs(errors.reduce((sum, error) => sum + error[k]!, 0)) < 1e-5, `bias ${k}`)
    const expected = c * errors.reduce((sum, error, item) => sum + error[k]! * items[item]!.dense[0]!, 0)
    t.ok(Math.abs(fit.dense[3 * k]! - expected) < 1e-4, `dense weight of class ${k}`)
    const expectedSparse = c * errors.reduce((sum, error, item) => sum + (items[item]!.sparse.indices[0] === 1 ? error[k]! : 0), 0)
    t.ok(Math.abs(fit.sparse[3 + k]! - expectedSparse) < 1e-4, `sparse weight of class ${k}`)
  }
})

t.test('a head learns from embedding and n-grams, serves what it learned, and is the same every time', async t => {
  const next = random(2)
  const words = { red: 'rote Tomate', blue: 'blaue Pflaume' }
  const items: TrainingItem[] = Array.from({ length: 80 }, (_, index) => {
    const label = index % 2 ? 'red' : 'blue'
    return { text: words[label], label, embedding: Float32Array.from({ length: 4 }, () => next()) }
  })
  const parameters = { c: 5, maxIterations: 50, ngrams: { minLength: 2, maxLength: 3, buckets: 256, scale: 1, minTexts: 1 } }
  const head = trainHead(items, ['blue', 'red'], parameters)
  const score = createLinearScorer(head)
  const [blue, red] = score('eine ROTE')(items[0]!.embedding)
  t.ok(red! > blue!, 'only the n-grams tell the classes apart')
  t.strictSame(trainHead(items, ['blue', 'red'], parameters), head)
  t.throws(() => trainHead(items, ['blue'], parameters), /red is no class/)
})

t.test('the temperature that made the labels is found again', async t => {
  const next = random(3)
  const items = Array.from({ length: 4_000 }, () => {
    const logits = Float64Array.from({ length: 3 }, () => 6 * next())
    const drawn = next()
    const probabilities = softmax(logits, 2)
    return { logits, label: drawn < probabilities[0]! ? 0 : drawn < probabilities[0]! + probabilities[1]! ? 1 : 2 }
  })
  const temperature = fitTemperature(items)
  t.ok(Math.abs(temperature - 2) < 0.15, `${temperature}`)
})

t.test('thresholds keep within the allowed loss and catch what is out of scope', async t => {
  const next = random(4)
  const classes = ['a', 'b', 'out_of_scope']
  const items: ScoredItem[] = Array.from({ length: 600 }, (_, index) => {
    const truth = classes[index % 3]!
    const own = 0.3 + 0.7 * next()
    return { truth, probabilities: Float64Array.from(classes, id => id === truth ? own : (1 - own) / 2) }
  })
  const thresholds = chooseThresholds(items, classes, { maxLost: 0.1, answeredAccuracy: 0.5, labelPrecision: 0.5 })
  const { lost, caught } = rates(items, classes, thresholds)
  t.ok(lost <= 0.1, `lost ${lost}`)
  t.ok(caught > 0.9, `caught ${caught}`)
})

t.test('a label that is answered wrongly too often gets a threshold of its own', async t => {
  const classes = ['a', 'b', 'out_of_scope']
  const items: ScoredItem[] = Array.from({ length: 300 }, (_, index) => {
    if (index % 3 === 2) return { truth: 'out_of_scope', probabilities: Float64Array.of(0.02, 0.03, 0.95) }
    const wrong = index % 15 === 0 // of b, said to be a, with little confidence
    const probabilities = wrong ? Float64Array.of(0.5, 0.48, 0.02) : index % 3 === 0 ? Float64Array.of(0.9, 0.08, 0.02) : Float64Array.of(0.05, 0.93, 0.02)
    return { truth: wrong || index % 3 === 1 ? 'b' : 'a', probabilities }
  })
  const thresholds = chooseThresholds(items, classes, { maxLost: 0.3, answeredAccuracy: 0.5, labelPrecision: 0.95 })
  t.ok((thresholds.perClass.a ?? thresholds.default) > 0.5, JSON.stringify(thresholds))
})

t.test('a model that no thresholds suit gets those that lose least', async t => {
  const classes = ['a', 'b', 'out_of_scope']
  const items: ScoredItem[] = Array.from({ length: 30 }, (_, index) => ({ truth: classes[index % 2]!, probabilities: Float64Array.of(0.01, 0.01, index < 20 ? 0.98 : 0.5) }))
  const thresholds = chooseThresholds(items, classes, { maxLost: 0.1, answeredAccuracy: 0.9, labelPrecision: 0.5 })
  t.ok(Math.abs(rates(items, classes, thresholds).lost - 2 / 3) < 1e-9, JSON.stringify(thresholds))
})

t.test('without a class for what is out of scope confidence alone decides', async t => {
  const classes = ['a', 'b']
  const items: ScoredItem[] = Array.from({ length: 90 }, (_, index) => index % 3 === 2
    ? { truth: 'out_of_scope', probabilities: Float64Array.of(0.7, 0.3) }
    : { truth: classes[index % 3]!, probabilities: index % 3 ? Float64Array.of(0.1, 0.9) : Float64Array.of(0.9, 0.1) })
  const thresholds = chooseThresholds(items, classes, { maxLost: 0.1, answeredAccuracy: 0.9, labelPrecision: 0.5 })
  t.ok(thresholds.default > 0.7 && thresholds.default <= 0.9, JSON.stringify(thresholds))
  t.match(rates(items, classes, thresholds), { lost: 0, caught: 1, answeredAccuracy: 1 })
  t.match(rates(items.filter(({ truth }) => truth !== 'out_of_scope'), classes, thresholds), { caught: 0 }, 'none to catch')
})

t.test('training writes a candidate, the same every time, and replaces only candidates', async t => {
  const folder = t.testdir({ foreign: { 'letter.txt': '' } })
  const [encoder, candidate] = [join(folder, 'encoder'), join(folder, 'candidate')]
  await writeTinyEncoder(encoder)
  const { data, taxonomy } = await writeSmallData(folder)
  const run = async (directory: string, ...args: string[]) => await trainStep.run(
    ['--version', '2.0.0', '--name', 'small', '--encoder', encoder, '--data', data, '--taxonomy', taxonomy, '--candidate', directory, '--created-at', '2026-01-02T03:04:05Z', ...args], {})
  t.match(await run(candidate), { name: 'small', version: '2.0.0', candidate, metrics: { 'validation.accuracy': Number } })
  const manifest = await verifyDirectory(candidate)
  const { files } = manifest
  t.match(manifest, {
    classes: ['garden', 'tools', 'out_of_scope'],
    dataset: { name: 'small', version: '1.0.0' },
    training: { parameters: { made: 'train', encoder: { 'model.onnx': files.find(({ path }) => path === 'model.onnx')!.sha256 }, data: { path: data, digest: manifest.dataset.digest }, taxonomy: { path: taxonomy } } }
  })
  t.ok(manifest.metrics['test.accuracy']! > 0.9, `${manifest.metrics['test.accuracy']}`)
  await writeFile(join(candidate, 'gate.json'), '{}')
  await run(candidate)
  t.strictSame(await verifyDirectory(candidate), manifest)
  await t.rejects(readFile(join(candidate, 'gate.json')), { code: 'ENOENT' }, 'reports on the candidate before are gone')
  await t.rejects(run(join(folder, 'foreign')), { code: 'ERR_NO_CANDIDATE' })
  await t.rejects(run(taxonomy), { code: 'ERR_NO_CANDIDATE' })
  await t.rejects(run(candidate, '--version', '../up'), { code: 'ERR_MANIFEST_INVALID' })
  t.strictSame(await verifyDirectory(candidate), manifest, 'a failure leaves the candidate as it was')
  t.strictSame((await readdir(folder)).sort(), ['candidate', 'data', 'encoder', 'foreign', 'taxonomy.json'])
  await t.rejects(trainStep.run([], {}), { code: 'ERR_USAGE' })
})
