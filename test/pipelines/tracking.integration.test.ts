import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import Type from 'typebox'
import { openModelStore } from '../../model-store/open.ts'
import { MlflowClient } from '../../model-store/mlflow/client.ts'
import { openTracker } from '../../pipelines/tracking/open-tracker.ts'
import { EXIT } from '../../pipelines/step.ts'
import { MlflowServer } from '../../scripts/mlflow/server.ts'
import { writeFakeModel } from '../model-store/fake-model.ts'
import { serverFor } from '../server-for.ts'

/** A server of our own in any case: it is killed. */
t.setTimeout(300_000)

const DIGEST = 'ab'.repeat(32)
const DATA = { name: 'inquiries', version: '1.1.0', digest: DIGEST, context: 'training', rows: 42 } as const

t.test('runs in MLflow', async t => {
  const directory = t.testdir()
  const server = await serverFor(t, 'MLflow', async () => await MlflowServer.start({ directory }))
  if (!server) return
  const environment = { MLFLOW_TRACKING_URI: server.url, MLFLOW_EXPERIMENT_NAME: 'tests', MODEL_CACHE_DIR: join(directory, 'cache') }
  const tracker = openTracker(environment)
  const client = new MlflowClient({ url: server.url })
  const readRun = async (id: string) => await client.get('runs/get', { parameters: { run_id: id }, answer: RunSchema })

  await t.test('have what was said, once', async t => {
    const run = await tracker.open({ name: 'train', tags: { 'mlflow.source.git.commit': 'c0ffee' } })
    const report = join(directory, 'report.html')
    await writeFile(report, '<p>fine</p>')
    const say = async () => {
      await run.parameters({ c: 0.5, kind: '', flag: true, ...Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`p${index}`, index])) })
      await run.metrics({ loss: 0.5, broken: NaN, 'recall/a=b': 0.25 }, 1)
      await run.metrics({ loss: 0.25 }, 2)
      await run.input(DATA)
      await run.artefact('plots/report.html', report)
      await run.tags({ gate: 'passed' })
    }
    await say()
    await say()
    await run.end('FINISHED')

    const { run: { info, data, inputs } } = await readRun(run.id)
    const parameters = new Map(data.params.map(({ key, value }) => [key, value]))
    t.equal(parameters.size, 153)
    t.same([parameters.get('c'), parameters.get('kind'), parameters.get('flag'), parameters.get('p149')], ['0.5', '(empty)', 'true', '149'])
    const metrics = new Map(data.metrics?.map(({ key, value }) => [key, value]))
    t.same([metrics.get('loss'), metrics.get('recall/a_b'), metrics.get('broken')], [0.25, 0.25, 'NaN'])
    const tags = new Map(data.tags.map(({ key, value }) => [key, value]))
    t.same([tags.get('gate'), tags.get('mlflow.source.git.commit'), tags.get('mlflow.source.name')], ['passed', 'c0ffee', 'pipelines'])
    t.ok(tags.get('mlflow.user'))
    t.equal(inputs.dataset_inputs?.length, 1)
    t.match(inputs.dataset_inputs?.[0]?.dataset, { name: 'inquiries 1.1.0', digest: DIGEST.slice(0, 36) })
    t.equal(info.status, 'FINISHED')
    t.same((await client.artifacts.read(info.artifact_uri, 'plots/report.html')).toString(), '<p>fine</p>')
    const { metrics: series } = await client.get('metrics/get-history', { parameters: { run_id: run.id, metric_key: 'loss' }, answer: HistorySchema })
    t.same([...new Set(series.map(({ step, value }) => `${step ?? 0}: ${value}`))].sort(), ['1: 0.5', '2: 0.25'])
    t.not((await tracker.open({ name: 'train', resume: run.id, tags: {} })).id, run.id, 'a run that has ended well is not gone on with')
    await t.rejects(run.artefact('../elsewhere.html', report), { message: /no name of an artefact/ })
  })

  await t.test('go on when the server was killed in the middle, and nothing is half-registered', async t => {
    const run = await tracker.open({ name: 'register', tags: {} })
    await run.parameters({ seed: 1 })
    const store = openModelStore('mlflow:', environment)
    const draft = join(directory, 'draft')
    const manifest = await writeFakeModel(draft, { name: 'resumed' })

    await server.kill()
    await t.rejects(run.metrics({ loss: 1 }), { code: 'ERR_TRACKING_UNAVAILABLE', exitCode: EXIT.unavailable })
    await t.rejects(tracker.open({ name: 'another', tags: {} }), { code: 'ERR_TRACKING_UNAVAILABLE' })
    await t.rejects(store.publish(draft), { code: 'ERR_STORE_UNAVAILABLE' })
    await t.rejects(store.resolve('resumed', 'production'), { code: 'ERR_STORE_UNAVAILABLE' })

    await server.start()
    t.same(await store.versions('resumed'), [])
    t.same(await store.aliases('resumed'), {})
    const resumed = await openTracker(environment).open({ name: 'register', resume: run.id, tags: { attempt: '2' } })
    t.equal(resumed.id, run.id)
    await resumed.parameters({ seed: 1 })
    await resumed.metrics({ loss: 1 })
    t.same(await store.publish(draft), manifest)
    await store.setAlias('resumed', 'production', '1.0.0', { expected: null, by: 'test' })
    await resumed.end('FINISHED')
    const { run: { info, data } } = await readRun(run.id)
    t.equal(info.status, 'FINISHED')
    t.same(data.params, [{ key: 'seed', value: '1' }])
    t.equal(await store.resolve('resumed', 'production'), '1.0.0')
  })
})

t.test('runs in files', async t => {
  const folder = t.testdir()
  const before = process.cwd()
  process.chdir(folder)
  t.teardown(() => process.chdir(before))
  const run = await openTracker({}).open({ name: 'train', tags: { commit: 'c0ffee' } })
  await run.parameters({ c: 0.5 })
  await run.metrics({ loss: NaN }, 3)
  await run.input(DATA)
  await writeFile('report.html', '<p>fine</p>')
  await run.artefact('plots/report.html', 'report.html')
  await run.end('FAILED')
  const again = await openTracker({}).open({ name: 'train', resume: run.id, tags: {} })
  t.equal(again.id, run.id, 'a run that failed is gone on with')
  await again.end('FINISHED')
  t.not((await openTracker({}).open({ name: 'train', resume: run.id, tags: {} })).id, run.id, 'one that ended well is not')
  const lines = (await readFile(join('.cache/runs', run.id, 'record.jsonl'), 'utf8')).trim().split('\n').map(line => JSON.parse(line))
  t.match(lines, [{ open: { name: 'train', tags: { commit: 'c0ffee' } } }, { parameters: { c: 0.5 } }, { metrics: { loss: 'NaN' }, step: 3 }, { input: DATA }, { end: 'FAILED' }, { open: {} }, { end: 'FINISHED' }])
  t.equal(await readFile(join('.cache/runs', run.id, 'artefacts/plots/report.html'), 'utf8'), '<p>fine</p>')
})

const PairsSchema = Type.Array(Type.Object({ key: Type.String(), value: Type.String() }))
const MetricsSchema = Type.Array(Type.Object({ key: Type.String(), value: Type.Union([Type.Number(), Type.String()]), step: Type.Optional(Type.Union([Type.Integer(), Type.String()])) }))
const RunSchema = Type.Object({
  run: Type.Object({
    info: Type.Object({ status: Type.String(), artifact_uri: Type.String() }),
    data: Type.Object({ params: PairsSchema, metrics: Type.Optional(MetricsSchema), tags: PairsSchema }),
    inputs: Type.Object({ dataset_inputs: Type.Optional(Type.Array(Type.Object({ dataset: Type.Object({ name: Type.String(), digest: Type.String() }) }))) })
  })
})
const HistorySchema = Type.Object({ metrics: MetricsSchema })
