import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import t, { type Test } from 'tap'
import { stopIdlePolling } from '../../adapter/kafka/idle-polling.ts'
import { openModelStore } from '../../model-store/open.ts'
import { KafkaCluster } from '../../scripts/kafka/cluster.ts'
import { WORKSHOP_TAXONOMY, type WorkshopInquiry, workshopInquiries } from './workshop.ts'
import { writeTinyEncoder } from './tiny-model.ts'

/**
 * From inquiries on a Kafka topic to a version that the API answers with, by the commands that a person would type, on
 * a real broker and with an encoder so small that it takes seconds.
 */
t.setTimeout(300_000)
stopIdlePolling()
const folder = t.testdir({
  'taxonomy.json': JSON.stringify(WORKSHOP_TAXONOMY),
  'limits.json': JSON.stringify({ maxNearDuplicates: 1, minPerLabel: 5, maxLengthDrift: 1 }),
  'floors.json': JSON.stringify({
    reason: 'four desks and three hundred texts, for a test',
    floors: { macroF1: 0.6, worstClassF1: 0.3, worstSliceAccuracy: null, expectedCalibrationError: null, outOfScopeCaught: null, inScopeLost: null, latencyP95Ms: null, invariance: null, direction: null, minimum: null },
    minSupport: { class: 4, slice: 10 },
    comparison: { margin: 0.2, classDrop: 0.5 }
  }),
  'strict.json': JSON.stringify({ reason: 'nothing can reach this: the gate must say no', floors: { macroF1: 1.1 } })
})
const at = (name: string) => join(folder, name)
const name = `workshop-${process.pid}`
const store = `file:${at('models')}`
const run = ['run', '--name', name, '--data-name', 'workshop', '--data-root', at('data'), '--taxonomy', at('taxonomy.json'), '--limits', at('limits.json'), '--floors', at('floors.json'), '--store', store, '--encoder', at('encoder')]
t.teardown(async () => await Promise.all(['1.0.0', '1.1.0', '1.2.0'].map(async version => await rm(`.cache/candidates/${name}-${version}`, { recursive: true, force: true }))))
await writeTinyEncoder(at('encoder'))

interface Ended { code: number | null, result: Record<string, any>, stderr: string }

/** One command, as typed. */
async function pipelines (args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/pipelines/main.js', ...args], { env: { PATH: process.env.PATH, ...environment } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => { stdout += chunk })
  child.stderr.on('data', chunk => { stderr += chunk })
  const [code] = await once(child, 'close')
  return { code, result: stdout.startsWith('{') ? JSON.parse(stdout) : {}, stderr }
}

/** Sends inquiries and what agents settled on, and collects them into the lake. */
async function record (inquiries: readonly WorkshopInquiry[]): Promise<void> {
  const cluster = await KafkaCluster.start()
  try {
    const kafka = new kafkajs.Kafka({ brokers: [cluster.bootstrap], logLevel: kafkajs.logLevel.NOTHING })
    const [admin, producer] = [kafka.admin(), kafka.producer()]
    await Promise.all([admin.connect(), producer.connect()])
    await admin.createTopics({ topics: [{ topic: 'inquiries', numPartitions: 2 }, { topic: 'inquiry-corrections', numPartitions: 2 }] })
    await producer.send({ topic: 'inquiries', messages: inquiries.map(({ text }, id) => ({ key: `${id}`, value: JSON.stringify({ id: `${id}`, text, locale: 'de-DE', channel: 'app' }) })) })
    await producer.send({ topic: 'inquiry-corrections', messages: inquiries.map(({ label }, id) => ({ key: `${id}`, value: JSON.stringify({ id: `${id}`, category: label, correctedAt: '2026-11-25T10:00:00Z' }) })) })
    await Promise.all([admin.disconnect(), producer.disconnect()])
    const { code, result, stderr } = await pipelines(['extract', '--lake', at('lake')], { KAFKA_BROKERS: cluster.bootstrap })
    t.equal(code, 0, stderr)
    t.match(result, { labelled: { labelled: inquiries.length } })
  } finally {
    await cluster.close()
  }
}

/** The version with which the API answers. */
async function servedVersion (t: Test): Promise<unknown> {
  const api = spawn(process.execPath, ['dist/api/server.js'], {
    env: { PATH: process.env.PATH, PORT: '0', INFERENCE_WORKERS: '1', MODEL_STORE_URL: store, MODEL_NAME: name }, stdio: ['ignore', 'pipe', 'inherit']
  })
  const exited = once(api, 'exit')
  t.teardown(async () => { api.kill('SIGKILL'); await exited })
  const address = await new Promise<string>((resolve, reject) => {
    let log = ''
    exited.then(([code]) => reject(new Error(`the service ended with ${code}: ${log}`)), reject)
    api.stdout.on('data', chunk => {
      log += chunk
      const [, address] = /Server listening at (http:\S+?)"/.exec(log) ?? []
      if (address) resolve(address)
    })
  })
  const reply = await fetch(`${address}/classify`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: 'Kann man den Rasen vertikutieren, wenn es friert?' }) })
  api.kill('SIGTERM')
  await exited
  return (await reply.json() as { model: { version: string } }).model.version
}

t.test('from topics to production, and the API answers with it', async t => {
  await record(workshopInquiries())
  const input = ['--input', at('lake/labelled.jsonl')]
  const first = await pipelines([...run, ...input])
  t.equal(first.code, 0, first.stderr)
  t.match(first.result, { prepare: { version: '1.0.0', unchanged: false }, gate: { verdict: 'passed' }, register: { published: true }, promote: { moved: true } })
  t.equal(await servedVersion(t), '1.0.0')

  const { code, result } = await pipelines([...run, ...input])
  t.equal(code, 0)
  t.match(result, { prepare: { unchanged: String }, unchanged: /1\.0\.0 is of the same data/ })
  t.notOk(result.train, 'nothing is trained again')
})

t.test('what the gate refuses moves nothing; more data make the next version, which may be rolled back', async t => {
  const more = workshopInquiries().map(({ text, label }) => ({ text: `${text} Ich freue mich auf Ihre Antwort bis morgen.`, label }))
  await writeFile(at('more.jsonl'), more.slice(0, 200).map(line => JSON.stringify(line) + '\n').join(''))
  const input = ['--input', at('data/workshop/1.0.0'), '--input', at('more.jsonl')]

  const refused = await pipelines([...run, ...input, '--floors', at('strict.json')])
  t.equal(refused.code, 3, refused.stderr)
  t.match(refused.result, { verdict: 'failed' })
  t.same(await openModelStore(store).aliases(name), { production: '1.0.0' })

  const passed = await pipelines([...run, ...input])
  t.equal(passed.code, 0, passed.stderr)
  t.match(passed.result, { train: { unchanged: true }, evaluate: { unchanged: true }, promote: { moved: true } }, 'it goes on from the gate')
  t.same(await openModelStore(store).aliases(name), { production: '1.1.0', previous: '1.0.0' })
  t.equal(await servedVersion(t), '1.1.0')

  t.equal((await pipelines(['rollback', '--name', name, '--store', store, '--reason', 'a test'])).code, 0)
  t.equal(await servedVersion(t), '1.0.0')
})

t.test('a registered version is built again, byte for byte', async t => {
  const { code, result, stderr } = await pipelines(['reproduce', '--name', name, '--version', '1.1.0', '--store', store, '--data-root', at('data'), '--taxonomy', at('taxonomy.json')])
  t.equal(code, 0, stderr)
  t.match(result, { equal: true, weightsEqual: true, differentFiles: [], embeddingsEqual: true, predictions: { sameDecision: 1, largestDifference: 0 } })
})

t.test('wrong calls and missing things have exit codes of their own', async t => {
  t.match(await pipelines(['train']), { code: 2, stderr: /--version is needed.*-- train --help/s })
  t.match(await pipelines(['nothing']), { code: 2, stderr: /Steps: run, extract/ })
  t.match(await pipelines(['prepare', '--version', '9.0.0', '--input', at('missing.csv')]), { code: 4, stderr: /missing\.csv/ })
  t.match(await pipelines(['train', '--name', name, '--version', '1.2.0', '--data', at('data/workshop/1.0.0'), '--taxonomy', at('taxonomy.json'), '--store', store], { MLFLOW_TRACKING_URI: 'http://127.0.0.1:1' }), { code: 5 })
})
