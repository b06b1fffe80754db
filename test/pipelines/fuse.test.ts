import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import t from 'tap'
import { type Head, loadHead, saveHead } from '../../api/inference/head.ts'
import { feedsOf } from '../../api/inference/feeds.ts'
import { loadTokenizer } from '../../api/inference/tokenizer.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { writeCandidate } from '../../pipelines/candidate.ts'
import { modelDigest } from '../../pipelines/evaluate/model-digest.ts'
import { fuseStep } from '../../pipelines/fuse/command.ts'
import { compareWithService } from '../../pipelines/fuse/compare-with-service.ts'
import { NGRAM_INDICES, NGRAM_VALUES } from '../../pipelines/fuse/head-graph.ts'
import { encodeModel } from '../../pipelines/onnx/model.ts'
import { describeInterface, withSession } from '../../pipelines/onnx/session.ts'
import { SMALL_TAXONOMY, writeSmallData } from './small-data.ts'
import { writeTinyEncoder } from './tiny-model.ts'

const CLASSES = ['garden', 'tools', 'out_of_scope']
const SIZE = 384
const BUCKETS = 64
const NGRAMS = {
  options: { minLength: 2, maxLength: 3, buckets: BUCKETS },
  idf: Float32Array.from({ length: BUCKETS }, (_, bucket) => bucket % 5),
  weights: Float32Array.from({ length: BUCKETS * CLASSES.length }, (_, index) => Math.cos(index))
}
const HEAD: Head = {
  classes: CLASSES,
  weights: CLASSES.map((_, row) => Float64Array.from({ length: SIZE }, (_, index) => Math.sin(row + index) / 20)),
  bias: Float64Array.of(0.5, -0.25, 0.125)
}

/** A candidate with a tiny encoder. */
async function writeTinyCandidate (directory: string, head: Head): Promise<Manifest> {
  await writeTinyEncoder(directory)
  const files = ['model.onnx', 'tokenizer.json', 'tokenizer_config.json', ...await saveHead(directory, head)]
  return await writeCandidate(directory, {
    schemaVersion: 1,
    name: 'tiny',
    version: '1.0.0',
    createdAt: '2026-01-02T03:04:05Z',
    taxonomy: { name: SMALL_TAXONOMY.name, version: SMALL_TAXONOMY.version },
    labels: SMALL_TAXONOMY.labels.map(({ id, group, de, en, description }) => ({ id, group, names: { de, en }, description })),
    classes: CLASSES,
    input: { prefix: '', maxTokens: 64, headTokens: 40 },
    output: { kind: 'embedding', name: 'sentence_embedding', size: SIZE },
    pooling: 'mean',
    calibration: { temperature: 0.7 },
    thresholds: { default: 0.5, perClass: {}, outOfScope: { classId: 'out_of_scope', probability: 0.4 } },
    dataset: { name: 'small', version: '1.0.0', digest: 'a'.repeat(64) },
    training: { gitCommit: 'unknown', seed: 0, parameters: {} },
    metrics: {},
    licence: 'CC0-1.0',
    origin: 'written by a test'
  }, files)
}

t.test('writes graphs that the engine reads', async t => {
  const model = encodeModel({
    name: 'sums',
    nodes: [
      { op: 'MatMul', inputs: ['x', 'double'], output: 'doubled' },
      { op: 'ReduceSum', inputs: ['doubled', 'axes'], output: 'sums', attributes: { keepdims: 0 } },
      { op: 'Transpose', inputs: ['doubled'], output: 'turned', attributes: { perm: [1, 0] } }
    ],
    initializers: [{ name: 'double', shape: [2, 2], data: Float32Array.of(2, 0, 0, 2) }, { name: 'axes', shape: [1], data: BigInt64Array.of(1n) }],
    inputs: [{ name: 'x', type: 'float32', shape: ['rows', 2] }],
    outputs: [{ name: 'sums', type: 'float32', shape: ['rows'] }, { name: 'turned', type: 'float32', shape: [2, 'rows'] }]
  }, { ir: 8, opset: 13 })
  const session = await InferenceSession.create(model)
  t.strictSame(describeInterface(session), {
    inputs: [{ name: 'x', dtype: 'float32', shape: [-1, 2] }],
    outputs: [{ name: 'sums', dtype: 'float32', shape: [-1] }, { name: 'turned', dtype: 'float32', shape: [2, -1] }]
  })
  const { sums, turned } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]) })
  t.strictSame([...sums!.data], [6, 14, 22])
  t.strictSame([...turned!.data], [2, 6, 10, 4, 8, 12])
  await session.release()
})

t.test('a fused model answers a batch as it answers each text', async t => {
  const folder = t.testdir()
  const candidate = join(folder, 'candidate')
  const manifest = await writeTinyCandidate(candidate, { ...HEAD, ngrams: NGRAMS })
  const { data } = await writeSmallData(folder)
  const fused = await fuseStep.run(['--candidate', candidate, '--add', '--data', data], {}) as { file: string, texts: number }
  t.match(fused, { file: join(candidate, 'fused.onnx'), texts: 60 })
  const added = await verifyDirectory(candidate)
  t.ok(['fused.json', 'fused.onnx'].every(name => added.files.some(({ path }) => path === name)))
  t.equal(modelDigest(added), modelDigest(manifest), 'the version still answers alike')
  t.strictSame(JSON.parse(await readFile(join(candidate, 'fused.json'), 'utf8')), {
    inputs: [
      { name: 'input_ids', dtype: 'int64', shape: [-1, -1] },
      { name: 'ngram_indices', dtype: 'int64', shape: [-1, -1] },
      { name: 'ngram_values', dtype: 'float32', shape: [-1, -1] }
    ],
    outputs: [{ name: 'sentence_embedding', dtype: 'float32', shape: [-1, SIZE] }, { name: 'probabilities', dtype: 'float32', shape: [-1, CLASSES.length] }]
  })
  await withSession(fused.file, async session => {
    const probabilities = async (ids: number[][], indices: number[][], values: number[][]) => {
      const shape = [ids.length, indices[0]!.length]
      const feeds = {
        input_ids: new Tensor('int64', BigInt64Array.from(ids.flat(), BigInt), [ids.length, ids[0]!.length]),
        [NGRAM_INDICES]: new Tensor('int64', BigInt64Array.from(indices.flat(), BigInt), shape),
        [NGRAM_VALUES]: new Tensor('float32', Float32Array.from(values.flat()), shape)
      }
      const { data } = (await session.run(feeds, ['probabilities'])).probabilities!
      return ids.map((_, row) => [...data as Float32Array].slice(row * CLASSES.length, (row + 1) * CLASSES.length))
    }
    const [first, second] = [[2, 70, 81, 3], [2, 90, 15, 3]]
    const [withNgrams] = await probabilities([first], [[3, 9, 60]], [[0.5, 0.25, 0.8]])
    const [without] = await probabilities([second], [[]], [[]])
    const batch = await probabilities([first, second], [[3, 9, 60], [0, 0, 0]], [[0.5, 0.25, 0.8], [0, 0, 0]])
    t.strictSame(batch, [withNgrams, without], 'n-grams are filled up with the value 0; a text may have none')
    t.notSame((await probabilities([first], [[]], [[]]))[0], withNgrams, 'n-grams count')
  })
})

t.test('logits are what the head gives', async t => {
  const folder = t.testdir()
  const [candidate, file] = [join(folder, 'candidate'), join(folder, 'logits.onnx')]
  await writeTinyCandidate(candidate, HEAD)
  const { data } = await writeSmallData(folder)
  t.match(await fuseStep.run(['--candidate', candidate, '--out', file, '--logits', '--data', data, '--texts', '5'], {}), { file, description: join(folder, 'logits.json'), texts: 5 })
  const { ids } = (await loadTokenizer({ directory: candidate, prefix: '', maxTokens: 64, headTokens: 40 })).encode('Wo ist mein Rasen?')
  await withSession(file, async session => {
    const { logits, sentence_embedding: embedding } = await session.run(feedsOf(ids, session.inputNames))
    const expected = HEAD.weights.map((row, index) => row.reduce((sum, weight, position) => sum + weight * Number(embedding!.data[position]), HEAD.bias[index]!))
    t.ok(expected.every((value, index) => Math.abs(value - Number(logits!.data[index])) < 1e-5), `${expected} ${logits!.data}`)
  })
})

t.test('a file that differs from the service is refused', async t => {
  const folder = t.testdir()
  const candidate = join(folder, 'candidate')
  const manifest = await writeTinyCandidate(candidate, HEAD)
  const { data } = await writeSmallData(folder)
  await fuseStep.run(['--candidate', candidate, '--add', '--data', data, '--texts', '1'], {})
  const head = await loadHead(candidate, CLASSES, SIZE)
  const compare = async (temperature: number) => await withSession(join(candidate, 'fused.onnx'), async session => await compareWithService({
    model: { manifest: { ...manifest, calibration: { temperature } }, directory: candidate }, head, session, logits: false, texts: ['ich suche rasen'], cacheDirectory: join(folder, 'cache')
  }))
  t.match(await compare(0.7), { texts: 1, largestDifference: Number })
  await t.rejects(compare(0.8), { code: 'ERR_FUSED_DIFFERS' })
})

t.test('says which options do not go together', async t => {
  for (const args of [[], ['--candidate', 'c'], ['--candidate', 'c', '--add', '--out', 'x.onnx'], ['--version', '1.0.0', '--add'], ['--alias', 'a', '--out', 'x'],
    ['--candidate', 'c', '--add', '--logits'], ['--alias', 'production', '--out', 'x.onnx', '--texts', '0']]) {
    await t.rejects(fuseStep.run(args, {}), { code: 'ERR_USAGE' }, args.join(' '))
  }
})

t.test('the real model, fused, gives the service\'s probabilities', async t => {
  const file = join(t.testdir(), 'fused.onnx')
  const fused = await fuseStep.run(['--alias', 'production', '--out', file, '--texts', '100'], {}) as { texts: number, largestDifference: number }
  t.equal(fused.texts, 100)
  t.ok(fused.largestDifference <= 1e-6, `${fused.largestDifference}`)
  t.comment(`largest difference ${fused.largestDifference}, ${(await stat(file)).size} bytes`)
})
