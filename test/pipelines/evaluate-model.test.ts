import { appendFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import Value from 'typebox/value'
import { verifyDirectory } from '../../model-store/verify.ts'
import { type Example, OUT_OF_SCOPE, SPLITS, type Split, dataSetDigest, digestOf, readDataSet } from '../../pipelines/data/data-set.ts'
import { evaluateStep } from '../../pipelines/evaluate/command.ts'
import { type Evaluation, EvaluationSchema } from '../../pipelines/evaluate/evaluation.ts'
import { scoreTexts } from '../../pipelines/score/score-texts.ts'
import { EXIT } from '../../pipelines/step.ts'
import { embed } from '../../pipelines/train/embedder.ts'

const MODEL = 'model-store/models/inquiry-classifier/1.0.0'

const { splits } = await readDataSet('data/inquiries/1.0.0')
const labels = [...new Set(splits.test.map(({ label }) => label))]
const few = (split: Split, count: number) => labels.flatMap(label => splits[split].filter(item => item.label === label).slice(0, count))

async function writeDataSet (directory: string, content: Record<Split, Example[]>): Promise<string> {
  await mkdir(directory, { recursive: true })
  const texts = Object.fromEntries(SPLITS.map(split => [split, content[split].map(item => JSON.stringify(item) + '\n').join('')])) as Record<Split, string>
  const digests = Object.fromEntries(SPLITS.map(split => [split, digestOf(texts[split])])) as Record<Split, string>
  for (const split of SPLITS) await writeFile(join(directory, `${split}.jsonl`), texts[split])
  const files = Object.fromEntries(SPLITS.map(split => [split, { sha256: digests[split], examples: content[split].length }]))
  await writeFile(join(directory, 'dataset.json'), JSON.stringify({
    name: 'few', version: '1.0.0', createdAt: '2026-01-01T00:00:00Z', taxonomy: { name: 't', version: '1' }, licence: 'Apache-2.0', origin: 'a test', files, digest: dataSetDigest(digests)
  }))
  return directory
}

const run = async (...args: string[]) => await evaluateStep.run(args, {}) as { unchanged: boolean, report: string, page: string, metrics: Record<string, number> }

t.test('a candidate gets its report once; a second run does nothing', { timeout: 300_000 }, async t => {
  const candidate = join(t.testdir(), 'candidate')
  await cp(MODEL, candidate, { recursive: true })
  const data = await writeDataSet(join(t.testdirName, 'data'), { train: few('train', 6), validation: [], test: few('test', 1).concat(splits.test.filter(({ label }) => label === OUT_OF_SCOPE).slice(0, 8)) })
  const first = await run('--candidate', candidate, '--data', data, '--created-at', '2026-02-03T04:05:06Z')
  t.equal(first.unchanged, false)
  const evaluation: Evaluation = JSON.parse(await readFile(first.report, 'utf8'))
  t.ok(Value.Check(EvaluationSchema, evaluation))
  t.ok(evaluation.overall.accuracy > 0.8 && evaluation.overall.items === 19, `${evaluation.overall.accuracy}`)
  t.match(evaluation.parity, { sameDecision: 1 })
  t.ok(evaluation.parity.largestDifference < 1e-5, 'the service answers as the evaluation says')
  t.ok(evaluation.latency.p95Ms >= evaluation.latency.p50Ms && evaluation.latency.p50Ms > 0)
  t.strictSame(Object.keys(evaluation.baselines), ['majority', 'keywords', 'tfidf'])
  t.ok(evaluation.overall.accuracy > evaluation.baselines.majority!.accuracy)
  t.strictSame(evaluation.behaviour.filter(({ kind }) => kind === 'minimum').map(({ cases }) => cases), [57, 6, 57, 6])
  t.equal(evaluation.sizeBytes, 38970136 + 2760192 + 203 + 490 + 150030 + 5505024)

  const manifest = await verifyDirectory(candidate)
  t.equal(manifest.metrics['test.accuracy'], evaluation.overall.accuracy)
  t.ok(['evaluation.json', 'evaluation.html'].every(name => manifest.files.some(({ path }) => path === name)))
  const report = await readFile(first.report, 'utf8') + await readFile(first.page, 'utf8')
  t.strictSame(few('test', 1).filter(({ text }) => report.includes(text.slice(0, 30))), [], 'no text is in the report')

  const second = await run('--candidate', candidate, '--data', data)
  t.equal(second.unchanged, true)
  t.equal(JSON.parse(await readFile(second.report, 'utf8')).createdAt, '2026-02-03T04:05:06Z')
  t.strictSame(await verifyDirectory(candidate), manifest)

  const stored = await run('--version', '1.0.0', '--data', data, '--out', join(t.testdirName, 'out'))
  const again: Evaluation = JSON.parse(await readFile(stored.report, 'utf8'))
  t.strictSame({ ...again, createdAt: '', latency: null }, { ...evaluation, createdAt: '', latency: null }, 'the same figures, but for the time')
  t.notOk((await readdir(MODEL)).includes('evaluation.json'), 'the store stays as it is')
})

t.test('what is not fit is refused, with the exit code that says why', async t => {
  const directory = t.testdir()
  const strange = { ...splits.test[0]!, label: 'ceiling' }
  const data = await writeDataSet(join(directory, 'strange'), { train: [], validation: splits.test.filter(({ label }) => label === OUT_OF_SCOPE).slice(0, 3), test: [strange] })
  await t.rejects(run('--alias', 'production', '--data', data), { code: 'ERR_DATA_UNFIT', exitCode: EXIT.data, message: /1 of 1 rows have labels .* ceiling/ })
  await t.rejects(run('--alias', 'production', '--data', data, '--split', 'validation'), { code: 'ERR_DATA_UNFIT', message: /no row in scope/ })
  await appendFile(join(data, 'test.jsonl'), '\n')
  await t.rejects(run('--alias', 'production', '--data', data), { code: 'ERR_DATA_UNFIT', exitCode: EXIT.data, message: /SHA-256/ })
  await t.rejects(run('--data', data), { code: 'ERR_USAGE', exitCode: EXIT.usage })
  await t.rejects(run('--alias', 'production', '--version', '1.0.0'), { code: 'ERR_USAGE' })
  await t.rejects(run('--alias', 'production', '--split', 'all'), { code: 'ERR_USAGE' })
  await t.rejects(run('--version', '9.9.9', '--data', data), { code: 'ERR_MODEL_NOT_FOUND' })
  await t.rejects(run('--candidate', join(directory, 'none')), { code: 'ERR_CANDIDATE_INVALID' })
  await cp(MODEL, join(directory, 'tampered'), { recursive: true })
  await appendFile(join(directory, 'tampered', 'head.json'), ' ')
  await t.rejects(run('--candidate', join(directory, 'tampered')), { code: 'ERR_CANDIDATE_INVALID', message: /head.json has SHA-256/ })
})

t.test('a model that gives logits is scored without a head, through the same cache', async t => {
  const input = { prefix: 'query: ', maxTokens: 64, headTokens: 32 }
  const output = { kind: 'logits', name: 'sentence_embedding', size: 384 } as const
  const options = { cacheDirectory: t.testdir() }
  const classes = Array.from({ length: output.size }, (_, index) => `class-${index}`)
  const [logits] = await scoreTexts(MODEL, { classes, input, output }, ['Wo bleibt mein Paket?'], options)
  const [expected] = await embed(['Wo bleibt mein Paket?'], { directory: MODEL, ...input, output, ...options })
  t.strictSame([...logits!], [...expected!])
})
