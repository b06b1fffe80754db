import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Classifier } from '../../api/inference/classifier.ts'
import { loadHead, saveHead } from '../../api/inference/head.ts'
import { monotonicMs } from '../../api/inference/clock.ts'
import { parseManifest } from '../../model-store/manifest.ts'
import { verifyDirectory } from '../../model-store/verify.ts'
import { addToCandidate } from '../../pipelines/candidate.ts'
import { readDataSet } from '../../pipelines/data/data-set.ts'
import { fuseStep } from '../../pipelines/fuse/command.ts'
import { importStep } from '../../pipelines/import/command.ts'
import { inputLimits } from '../../pipelines/import/input-limits.ts'
import { fetchReferenceModel, readPythonReference } from '../api/inference/real-model.ts'
import { writeDataSet, writeSmallData } from './small-data.ts'
import { type FineTunedOptions, type TokenizerKind, writeFineTuned } from './tiny-model.ts'

const CLASSES = { 'Garten & Pflanzen': 'rasen', tools: 'bohrer', out_of_scope: 'miete' }
const CREATED_AT = '2026-01-02T03:04:05.000Z'

interface Imported {
  readonly candidate: string
  readonly tokenizerParity: { readonly reference: string, readonly texts: number }
  readonly tested: { readonly passed: string[] }
}

interface Prepared {
  readonly source: string
  readonly candidate: string
  run(...args: string[]): Promise<Imported>
}

/** A fine-tuned model and data to calibrate it with, in folders of their own. */
async function prepare (t: Test, options: Partial<FineTunedOptions> = {}, data?: Parameters<typeof writeSmallData>[1]): Promise<Prepared> {
  const folder = t.testdir()
  const source = join(folder, 'source')
  const candidate = join(folder, 'candidate')
  await writeFineTuned(source, { classes: CLASSES, ...options })
  const paths = await writeSmallData(folder, data)
  const run = async (...args: string[]) => await importStep.run(
    [source, '--version', '2.0.0', '--data', paths.data, '--taxonomy', paths.taxonomy, '--candidate', candidate, '--created-at', CREATED_AT, ...args], {}) as Imported
  return { source, candidate, run }
}

async function classify (t: Test, directory: string, ...texts: string[]) {
  const manifest = await verifyDirectory(directory)
  const classifier = await Classifier.start({ model: { manifest, directory }, workers: 1, maxQueue: 10, hangMs: 10_000, observer: { dropped () {}, workerLost () {} } })
  t.teardown(() => classifier.close(1_000))
  return await Promise.all(texts.map(text => classifier.classify({ text }, { deadlineAt: monotonicMs() + 10_000 })))
}

t.test('a fine-tuned model becomes a candidate that the service runs', async t => {
  const { candidate, run } = await prepare(t)
  const imported = await run('--licence', 'MIT', '--origin', 'our own')
  t.match(imported, { candidate, tokenizerParity: { reference: /Python/, texts: 46 }, tested: { passed: { length: 11 } } })
  const manifest = await verifyDirectory(candidate)
  t.match(manifest, {
    version: '2.0.0',
    createdAt: CREATED_AT,
    classes: ['garden', 'tools', 'out_of_scope'],
    input: { prefix: '', maxTokens: 64, headTokens: 38 },
    output: { kind: 'logits', name: 'logits', size: 3 },
    licence: 'MIT',
    origin: 'our own',
    training: { parameters: { made: 'import' } }
  })
  t.same(manifest.files.map(({ path }) => path), ['MODEL_CARD.md', 'config.json', 'model.onnx', 'run.json', 'tokenizer.json', 'tokenizer_config.json'])
  t.ok(manifest.metrics['test.outOfScopeAuroc']! > 0.8)
  t.match(await readFile(join(candidate, 'MODEL_CARD.md'), 'utf8'), /our own.*MIT/)
  const [garden, tools, rent] = await classify(t, candidate, 'wo ist rasen', 'ich suche bohrer', 'danke miete')
  t.match(garden, { decision: 'classified', category: 'garden' })
  t.match(tools, { decision: 'classified', category: 'tools' })
  t.match(rent, { decision: 'manual', reason: 'out_of_scope' })
})

t.test('calibration undoes the overconfidence of fine-tuning', async t => {
  const temperature = async (overconfidence: number) => {
    const { candidate, run } = await prepare(t, { overconfidence })
    await run()
    return (await verifyDirectory(candidate)).calibration.temperature
  }
  const [plain, tenfold] = [await temperature(1), await temperature(10)]
  t.ok(Math.abs(tenfold / plain - 10) < 0.01, `${plain}, ${tenfold}`)
})

t.test('a model without a class for what fits no desk decides by confidence alone', async t => {
  const { candidate, run } = await prepare(t, { classes: { garden: 'rasen', Tools: 'bohrer' } })
  await run()
  const manifest = await verifyDirectory(candidate)
  t.match(manifest, { classes: ['garden', 'tools'], thresholds: { outOfScope: { probability: 1 } } })
  t.ok(manifest.thresholds.default > 0, 'what is out of scope raised the threshold')
  const [sure, unsure] = await classify(t, candidate, 'wo ist rasen', 'danke miete')
  t.match(sure, { decision: 'classified', category: 'garden' })
  t.match(unsure, { decision: 'manual', reason: 'low_confidence' })
})

t.test('data without inquiries out of scope calibrate, too', async t => {
  const { candidate, run } = await prepare(t, { classes: { garden: 'rasen', tools: 'bohrer' } }, { outOfScope: false })
  await run()
  t.notOk('test.outOfScopeAuroc' in (await verifyDirectory(candidate)).metrics)
})

for (const tokenizer of ['bpe', 'unigram'] satisfies TokenizerKind[]) {
  t.test(`the ${tokenizer} tokenizer equals Python's and the library's`, async t => {
    const { source, run } = await prepare(t, { tokenizer, classes: { garden: 'rasen', tools: 'bohrer', OOS: 'miete' } })
    t.match(await run('--out-of-scope', 'OOS'), { tokenizerParity: { reference: /Python/ } })
    await rm(join(source, 'tokenizer_parity.json'))
    t.match(await run('--out-of-scope', 'OOS'), { tokenizerParity: { reference: '@xenova/transformers', texts: 106 } })
  })
}

t.test('labels must be those of the taxonomy', async t => {
  const refused = async (classes: Record<string, string>, config: object, ...patterns: RegExp[]) => {
    const { run } = await prepare(t, { classes, config })
    for (const message of patterns) await t.rejects(run(), { code: 'ERR_LABELS', exitCode: 4, message })
  }
  await refused({ LABEL_0: 'rasen', tools: 'bohrer' }, {}, /"LABEL_0" is no label of the taxonomy/, /garden is missing/)
  await refused({ garden: 'rasen', Garden: 'gras', tools: 'bohrer' }, {}, /garden is there twice/)
  await refused(CLASSES, { label2id: { tools: 0 } }, /label2id has "tools" at 0/)
  await refused(CLASSES, { id2label: { 1: 'garden', 2: 'tools' } }, /id2label has "1" where 0 is due/)
})

t.test('other tokens than the reference gives are refused, by index', async t => {
  const { source, candidate, run } = await prepare(t)
  const path = join(source, 'tokenizer_parity.json')
  const parity = JSON.parse(await readFile(path, 'utf8'))
  const write = async (change: object) => await writeFile(path, JSON.stringify({ ...parity, ...change }))
  await write({ texts: parity.texts.map((entry: { text: string, ids: number[] }, index: number) => [7, 9].includes(index) ? { ...entry, ids: [...entry.ids, 5] } : entry) })
  await t.rejects(run(), { code: 'ERR_TOKENIZER_DIFFERS', message: /2 have other tokens.*: texts 7, 9 / })
  await write({ tokenizer_sha256: 'a'.repeat(64) })
  await t.rejects(run(), { code: 'ERR_PARITY_FILE', message: /another tokenizer\.json/ })
  await write({ texts: 'all' })
  await t.rejects(run(), { code: 'ERR_PARITY_FILE', message: /export_parity/ })
  await writeFile(path, '{')
  await t.rejects(run(), { code: 'ERR_PARITY_FILE', message: /no JSON/ })
  await write({})
  await t.rejects(run('--prefix', 'query: '), { code: 'ERR_PARITY_FILE', message: /prefix "", not "query: "/ })
  await t.rejects(readFile(join(candidate, 'manifest.json')), { code: 'ENOENT' }, 'nothing half made is left')
})

t.test('graphs that the service cannot run are refused, with the reason', async t => {
  const refused = async (fault: NonNullable<FineTunedOptions['fault']>, code: string, message: RegExp) => {
    const { run } = await prepare(t, { fault })
    await t.rejects(run(), { code, exitCode: 4, message }, fault)
  }
  await refused('needs positions', 'ERR_GRAPH', /asks for position_ids/)
  await refused('fixed length', 'ERR_GRAPH', /input_ids has a fixed shape.*input_ids int64 \[\?, 64\]/)
  await refused('one class less', 'ERR_GRAPH', /no output logits of float32 \[batch, 3\]/)
  await refused('softmax', 'ERR_MODEL_TESTS', /export the model without its softmax/)
  await refused('constant', 'ERR_MODEL_TESTS', /every text got the same/)
  await refused('not a number', 'ERR_MODEL_TESTS', /an empty text: gives what is no finite number/)
})

t.test('a folder that lacks something is refused before anything runs', async t => {
  const { source, run } = await prepare(t)
  await t.rejects(run('--model', 'other.onnx'), { code: 'ERR_SOURCE_INVALID', message: /none of other\.onnx/ })
  await mkdir(join(source, 'onnx'))
  await copyFile(join(source, 'model.onnx'), join(source, 'onnx/model.onnx'))
  await t.rejects(run(), { code: 'ERR_USAGE', message: /model\.onnx and onnx\/model\.onnx: say by --model/ })
  await rm(join(source, 'model.onnx'))
  t.match(await run(), { candidate: String }, 'the one that is left is taken')
  await t.rejects(run('--max-tokens', '65'), { code: 'ERR_USAGE', message: /at most 64 tokens/ })
  await t.rejects(run('--max-tokens', 'all'), { code: 'ERR_USAGE' })
  const config = JSON.parse(await readFile(join(source, 'config.json'), 'utf8'))
  await writeFile(join(source, 'config.json'), JSON.stringify({ ...config, problem_type: 'multi_label_classification' }))
  await t.rejects(run(), { code: 'ERR_SOURCE_INVALID', message: /multi_label_classification/ })
  await writeFile(join(source, 'config.json'), '{}')
  await t.rejects(run(), { code: 'ERR_SOURCE_INVALID', message: /config\.json does not fit: .*id2label/ })
  await writeFile(join(source, 'config.json'), '{')
  await t.rejects(run(), { code: 'ERR_SOURCE_INVALID', message: /no JSON/ })
  await rm(join(source, 'tokenizer.json'))
  await t.rejects(run(), { code: 'ERR_SOURCE_INVALID', message: /lacks tokenizer\.json/ })
  await t.rejects(importStep.run(['--version', '1'], {}), { code: 'ERR_USAGE' })
  await t.rejects(importStep.run([source], {}), { code: 'ERR_USAGE' })
})

t.test('reads as much as the model can', async t => {
  const limits = (config: object, longest?: number) => inputLimits({ config: { id2label: {}, ...config }, tokenizerConfig: { ...(longest && { model_max_length: longest }) } }, '')
  t.match(limits({ model_type: 'bert', max_position_embeddings: 512 }, 1e30), { maxTokens: 256, headTokens: 154 })
  t.match(limits({ model_type: 'xlm-roberta', max_position_embeddings: 130 }), { maxTokens: 128 }, 'two positions are not for tokens')
  t.match(limits({ model_type: 'deberta-v2' }, 100), { maxTokens: 100 })
  t.match(limits({}), { maxTokens: 256 })
})

t.test('the real encoder with its head, fused to logits, is imported with the same answers', { timeout: 100_000 }, async t => {
  const real = await fetchReferenceModel()
  const folder = t.testdir()
  const [version, source, candidate, data] = ['version', 'source', 'candidate', 'data'].map(name => join(folder, name)) as [string, string, string, string]
  const { splits } = await readDataSet('data/inquiries/1.0.0')
  await writeDataSet(data, { train: splits.train.slice(0, 10), validation: every(splits.validation, 25), test: every(splits.test, 25) })
  await cp(real.directory, version, { recursive: true })
  const { ngrams, ...head } = await loadHead(version, real.manifest.classes, real.manifest.output.size)
  t.ok(ngrams, 'the n-grams are left out: a text\'s tokens do not give them')
  await saveHead(version, head)
  const manifest = await addToCandidate(version, ['head.json'])
  await cp(version, source, { recursive: true })
  await rm(join(source, 'model.onnx'))
  await fuseStep.run(['--candidate', version, '--logits', '--out', join(source, 'model.onnx'), '--data', data, '--texts', '20'], {})

  const names = new Map(manifest.labels.map(({ id, names }) => [id, names.en!]))
  await writeFile(join(source, 'config.json'), JSON.stringify({ id2label: Object.fromEntries(manifest.classes.map((id, index) => [index, names.get(id) ?? id])), max_position_embeddings: 512 }))
  await writeParity(source)
  const imported = await importStep.run([source, '--version', '2.0.0', '--data', data, '--candidate', candidate, '--prefix', 'query: '], {})
  t.match(imported, { tokenizerParity: { reference: /Python/ }, input: { maxTokens: 256 } })
  const made = parseManifest(await readFile(join(candidate, 'manifest.json'), 'utf8'), candidate)
  t.strictSame(made.classes, manifest.classes)
  const texts = every(splits.test, 40).map(({ text }) => text)
  const rank = async (directory: string) => (await classify(t, directory, ...texts)).map(({ alternatives }) => alternatives.map(({ category }) => category))
  t.strictSame(await rank(candidate), await rank(version))
})

/** The committed reference of Python's tokenizer, as `export_parity.py` would have written it. */
async function writeParity (directory: string): Promise<void> {
  const { texts, ...header } = readPythonReference()
  await writeFile(join(directory, 'tokenizer_parity.json'), JSON.stringify({ ...header, tokenizers: 'of the fixture', texts: texts.map(({ text, ids }) => ({ text, ids })) }))
}

function every<Item> (items: readonly Item[], step: number): Item[] {
  return items.filter((_, index) => index % step === 0)
}
