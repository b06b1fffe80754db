import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createLinearScorer, softmax } from '../../api/inference/scores.ts'
import type { ModelStore } from '../../model-store/store.ts'
import { hashFile, verifyDirectory } from '../../model-store/verify.ts'
import { createRandom } from '../../pipelines/random.ts'
import { fitTemperature } from '../../pipelines/train/calibration.ts'
import { trainStep } from '../../pipelines/train/command.ts'
import { findEncoder } from '../../pipelines/train/find-encoder.ts'
import { minimize } from '../../pipelines/train/lbfgs.ts'
import { HEAD_PARAMETERS, THRESHOLD_TARGETS, readParameters } from '../../pipelines/train/parameters.ts'
import { startRun } from '../../pipelines/train/record-run.ts'
import { type Features, fitSoftmaxRegression } from '../../pipelines/train/softmax-regression.ts'
import { type ScoredItem, chooseThresholds, rates } from '../../pipelines/train/thresholds.ts'
import { type HeadPart, type TrainingItem, trainHead, trainPart } from '../../pipelines/train/train-head.ts'
import type { Tracker } from '../../pipelines/tracking/tracker.ts'
import { writeSmallData } from './small-data.ts'
import { writeTinyEncoder } from './tiny-model.ts'

t.test('L-BFGS finds the minimum of the Rosenbrock function', async t => {
  const rosenbrock = async ([x = 0, y = 0]: Float64Array) => ({
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x))
  })
  const [x, y] = await minimize(rosenbrock, Float64Array.of(-1.2, 1), { maxIterations: 200, tolerance: 1e-8 })
  t.match([x!.toFixed(5), y!.toFixed(5)], ['1.00000', '1.00000'])
})

/** 5 dense and 6 sparse features, 4 classes. */
function syntheticItems (count: number): { items: Features[], labels: number[] } {
  const next = createRandom(5)
  const labels: number[] = []
  const items = Array.from({ length: count }, () => {
    const dense = Float64Array.from({ length: 5 }, () => next() - 0.5)
    const column = Math.floor(6 * next())
    const level = 0.5 + 0.6 * dense[0]! + 0.15 * dense[1]! + (column === 2 ? 0.2 : 0) + 0.5 * (next() - 0.5)
    labels.push(Math.floor(4 * Math.min(0.999, Math.max(0, level))))
    return { dense, sparse: { indices: Int32Array.of(column), values: Float32Array.of(1) } }
  })
  return { items, labels }
}

/**
 * What scikit-learn 1.9.1 finds for `syntheticItems(120)`: LogisticRegression(C=3, tol=1e-12, max_iter=100000) on the
 * dense features and the sparse ones written out.
 */
const REFERENCE = {
  loss: 0.9703285660751833,
  firstClass: [-3.6252111107015876, -1.03875662646769, 0.024493600255354676, 0.7106380819634058, 0.13143671033097876],
  thirdColumn: [-1.4626271949471568, -1.2797441014489974, 0.8679967995894681, 1.8743744968066867],
  bias: [-0.5458107305172182, 0.5251355401824056, 0.8575245344695962, -0.8368493441347894]
}

t.test('softmax regression finds what scikit-learn finds, dense and sparse', async t => {
  const { items, labels } = syntheticItems(120)
  let loss = Infinity
  const fit = await fitSoftmaxRegression(items, labels, { classes: 4, sparseSize: 6, c: 3, tolerance: 1e-9, onIteration: (_, value) => { loss = value } })
  t.ok(Math.abs(loss - REFERENCE.loss) < 1e-12, `loss ${loss}`)
  const near = (found: Float64Array, expected: number[], what: string) =>
    t.ok(expected.every((value, index) => Math.abs(value - found[index]!) < 1e-6), `${what}: ${[...found]}`)
  near(fit.dense.subarray(0, 5), REFERENCE.firstClass, 'dense weights of the first class')
  near(fit.sparse.subarray(8, 12), REFERENCE.thirdColumn, 'sparse weights of the third column')
  near(fit.bias, REFERENCE.bias, 'bias')
})

t.test('softmax regression is the same bit for bit on one thread and on three, and from wherever it starts', async t => {
  const { items, labels } = syntheticItems(3_000) // three chunks
  const options = { classes: 4, sparseSize: 6, c: 3, tolerance: 1e-9 }
  const alone = await fitSoftmaxRegression(items, labels, { ...options, threads: 1 })
  t.strictSame(await fitSoftmaxRegression(items, labels, { ...options, threads: 3 }), alone)
  const again = await fitSoftmaxRegression(items, labels, { ...options, start: await fitSoftmaxRegression(items, labels, { ...options, c: 1 }) })
  t.ok(again.dense.every((weight, index) => Math.abs(weight - alone.dense[index]!) < 1e-5))
})

t.test('a head learns from embedding and n-grams, serves what it learned, and is the same every time', async t => {
  const next = createRandom(2)
  const words = { red: 'rote Tomate', blue: 'blaue Pflaume' }
  const items: TrainingItem[] = Array.from({ length: 80 }, (_, index) => {
    const label = index % 2 ? 'red' : 'blue'
    return { text: words[label], label, embedding: Float32Array.from({ length: 4 }, () => next()) }
  })
  const parameters = { c: 5, maxIterations: 50, ngrams: { minLength: 2, maxLength: 3, buckets: 256, scale: 1, minTexts: 1 } }
  const head = await trainHead(items, ['blue', 'red'], parameters)
  const score = createLinearScorer(head)
  const [blue, red] = score('eine ROTE')(items[0]!.embedding)
  t.ok(red! > blue!, 'only the n-grams tell the classes apart')
  t.strictSame(await trainHead(items, ['blue', 'red'], parameters), head)
  await t.rejects(trainHead(items, ['blue'], parameters), /red is no class/)
})

t.test('n-grams apart have a regression of their own, whose logits are added', async t => {
  const next = createRandom(6)
  const items: TrainingItem[] = Array.from({ length: 80 }, (_, index) => {
    const label = index % 2 ? 'red' : 'blue'
    return { text: `${label === 'red' ? 'rote' : 'blaue'} ${index}`, label, embedding: Float32Array.of(next() + (index % 2), next()) }
  })
  const ngrams = { minLength: 2, maxLength: 3, buckets: 256, scale: 1, minTexts: 1 }
  const logits = async (part: Pick<HeadPart, 'embedding' | 'ngrams'>) =>
    createLinearScorer((await trainPart(items, ['blue', 'red'], { c: 5, maxIterations: 50, ...part })).head)(items[3]!.text)(items[3]!.embedding)
  const [embedding, text] = [await logits({ embedding: true }), await logits({ embedding: false, ngrams })]
  const both = createLinearScorer(await trainHead(items, ['blue', 'red'], { c: 5, maxIterations: 50, ngrams: { ...ngrams, apart: { c: 5, maxIterations: 50, share: 0.5 } } }))(items[3]!.text)(items[3]!.embedding)
  both.forEach((logit, index) => t.ok(Math.abs(logit - embedding[index]! - 0.5 * text[index]!) < 1e-5, `${logit}`))
})

t.test('the temperature that made the labels is found again', async t => {
  const next = createRandom(3)
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
  const next = createRandom(4)
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
    training: { parameters: { made: 'train', encoder: { 'model.onnx': files.find(({ path }) => path === 'model.onnx')!.sha256 }, taxonomy: await hashFile(taxonomy) } }
  })
  t.ok(manifest.metrics['test.accuracy']! > 0.9, `${manifest.metrics['test.accuracy']}`)
  await writeFile(join(candidate, 'gate.json'), '{}')
  t.match(await run(candidate), { unchanged: true }, 'a second time there is nothing to do')
  t.strictSame(await verifyDirectory(candidate), manifest)
  t.match(await run(candidate, '--force'), { unchanged: false })
  const again = await verifyDirectory(candidate)
  const withoutRun = ({ files, ...rest }: typeof manifest) => ({ ...rest, files: files.filter(({ path }) => path !== 'run.json') })
  t.strictSame(withoutRun(again), withoutRun(manifest))
  await t.rejects(readFile(join(candidate, 'gate.json')), { code: 'ENOENT' }, 'reports on the candidate before are gone')
  await t.rejects(run(join(folder, 'foreign')), { code: 'ERR_NO_CANDIDATE' })
  await t.rejects(run(taxonomy), { code: 'ERR_NO_CANDIDATE' })
  await t.rejects(run(candidate, '--version', '../up'), { code: 'ERR_MANIFEST_INVALID' })
  t.strictSame(await verifyDirectory(candidate), again, 'a failure leaves the candidate as it was')
  t.strictSame((await readdir(folder)).sort(), ['candidate', 'data', 'encoder', 'foreign', 'taxonomy.json'])
  await t.rejects(trainStep.run([], {}), { code: 'ERR_USAGE' })
})

t.test('parameters of a file stand in place of the default ones, and are checked', async t => {
  const folder = t.testdir({
    'head.json': '{"head":{"c":2,"maxIterations":5}}',
    'typo.json': '{"head":{"c":2,"maxIteration":5}}',
    'broken.json': '{"head":'
  })
  const at = (name: string) => join(folder, name)
  t.strictSame(await readParameters(undefined), { head: HEAD_PARAMETERS, thresholdTargets: THRESHOLD_TARGETS })
  t.strictSame(await readParameters(at('head.json')), { head: { c: 2, maxIterations: 5 }, thresholdTargets: THRESHOLD_TARGETS })
  await t.rejects(readParameters(at('typo.json')), { code: 'ERR_USAGE', exitCode: 2, message: /typo\.json does not fit: .*maxIteration/ })
  await t.rejects(readParameters(at('broken.json')), { code: 'ERR_USAGE', exitCode: 2, message: /broken\.json is no JSON/ })
  await t.rejects(readParameters(at('none.json')), { code: 'ERR_USAGE', exitCode: 2, message: /none\.json cannot be read/ })
})

t.test('what was imported with its own head is no encoder', async t => {
  const storeOf = (kind: string) => ({ resolve: async () => '3.0.0', fetch: async () => ({ directory: 'of 3.0.0', manifest: { output: { kind } } }) }) as unknown as ModelStore
  t.equal(await findEncoder(undefined, storeOf('embedding'), 'small'), 'of 3.0.0')
  await t.rejects(findEncoder(undefined, storeOf('logits'), 'small'), { code: 'ERR_USAGE', message: /small 3\.0\.0.*own head.*--encoder/ })
})

t.test('a training whose beginning cannot be recorded leaves no run open', async t => {
  const folder = t.testdir({ network: { 'training.json': '{"recipe":1}' }, plain: {} })
  const { data } = await writeSmallData(folder)
  const ends: string[] = []
  let opened = 0
  const tracker = {
    open: async () => {
      opened++
      return { id: 'r', parameters: async () => { throw new Error('the tracker is full') }, end: async (status: string) => { ends.push(status) } }
    }
  } as unknown as Tracker
  const work = { name: 'small', version: '2.0.0', data, parameters: { c: 1 } }
  await t.rejects(startRun(tracker, { ...work, network: join(folder, 'network') }), { code: 'ERR_FINE_TUNING', exitCode: 4, message: /training\.json.*does not fit/ })
  t.equal(opened, 0, 'a broken file is told before there is a run')
  await t.rejects(startRun(tracker, { ...work, network: join(folder, 'plain') }), /the tracker is full/)
  t.strictSame([opened, ends], [1, ['FAILED']])
})
