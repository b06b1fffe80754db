import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createMlflowStore } from '../../model-store/backends/mlflow.ts'
import { createModel, deleteVersion, listRegistered, locate, readModel, setModelTag } from '../../model-store/backends/mlflow/registry.ts'
import { MlflowClient } from '../../model-store/mlflow/client.ts'
import type { ModelStore } from '../../model-store/store.ts'
import { encodeModel } from '../../pipelines/onnx/model.ts'
import { findFreePorts } from '../../scripts/kafka/ports.ts'
import { MlflowServer, mlflowEnvironment } from '../../scripts/mlflow/server.ts'
import { serverPrograms } from '../../scripts/servers/environment.ts'
import { ServerProcess } from '../../scripts/servers/server-process.ts'
import { serverFor } from '../server-for.ts'
import { conformance } from './conformance.ts'
import { failingProxy } from './failing-proxy.ts'
import { writeFakeModel } from './fake-model.ts'

/** MLFLOW_TRACKING_URI names a server to test with in place of one of our own; models named `fake-…` stay on it. */
t.setTimeout(900_000)

const COMMITTED = 'model-store/models/inquiry-classifier/1.0.0'
const login = { username: process.env.MLFLOW_TRACKING_USERNAME, password: process.env.MLFLOW_TRACKING_PASSWORD }

t.test('a store in MLflow', async t => {
  const directory = t.testdir()
  const url = process.env.MLFLOW_TRACKING_URI ?? (await serverFor(t, 'MLflow', async () => await MlflowServer.start({ directory })))?.url
  if (url === undefined) return
  const client = new MlflowClient({ url, ...login })
  const open = (cacheFolder: string, address = url) => createMlflowStore({ server: { url: address, ...login }, experiment: 'conformance', cacheFolder })
  const ageLock = async (name: string) => {
    if (await readModel(client, `${name}.lock`)) await setModelTag(client, `${name}.lock`, 'lock.since', new Date(Date.now() - 60_000).toISOString())
  }

  await conformance(t, async t => {
    const cacheFolder = `${t.testdirName}-cache`
    const scratch = `${t.testdirName}-scratch`
    t.teardown(async () => { for (const path of [cacheFolder, scratch]) await rm(path, { recursive: true, force: true }) })
    return {
      open: () => open(cacheFolder),
      openThroughFailure: async failure => open(cacheFolder, await failingProxy(t, url, failure)),
      async tamper (name, version, file, change) {
        const [registered] = (await listRegistered(client, name)).filter(candidate => candidate.version === version)
        const folder = await locate(client, name, registered!.number)
        const bytes = change(await client.artifacts.read(folder, file))
        if (!bytes) return await client.artifacts.remove(folder, file)
        await writeFile(scratch, bytes)
        await client.artifacts.upload(folder, file, scratch)
      },
      ageLock
    }
  })

  await t.test('lets one of several take over the lock of a process that died', async t => {
    const { name, store } = await published(t, open, 'fake-lock', '1.0.0', '1.1.0')
    await createModel(client, `${name}.lock`, { description: '', tags: { 'lock.owner': 'dead', 'lock.since': new Date().toISOString() } })
    await ageLock(name)
    const moves = await Promise.allSettled(['1.0.0', '1.1.0', '1.0.0'].map(async version => await store.setAlias(name, 'production', version, { expected: null, by: 'test' })))
    t.same(moves.map(move => move.status).sort(), ['fulfilled', 'rejected', 'rejected'])
    t.equal((await store.promotions(name)).length, 1)
    t.equal(await readModel(client, `${name}.lock`), undefined, 'no lock stays')
  })

  await t.test('tells what was done behind its back', async t => {
    const { name, store } = await published(t, open, 'fake-hand', '1.0.0', '1.1.0')
    await store.setAlias(name, 'production', '1.1.0', { by: 'test' })
    const { version: number } = await registerByHand(url, name)
    t.same(await store.versions(name), ['1.0.0', '1.1.0'], 'a version without our tag is none of ours')
    await post(url, 'registered-models/alias', { name, alias: 'production', version: number })
    t.equal(await store.resolve(name, 'production'), `mlflow:${number}`)
    await t.rejects(store.setAlias(name, 'production', '1.0.0', { expected: '1.1.0', by: 'test' }), { code: 'ERR_ALIAS_CONFLICT' })
    t.match(await store.setAlias(name, 'production', '1.0.0', { by: 'test' }), { from: `mlflow:${number}`, to: '1.0.0' })
    await deleteVersion(client, name, (await listRegistered(client, name))[0]!.number)
    t.same(await store.versions(name), ['1.1.0'])
    await t.rejects(store.resolve(name, 'production'), { code: 'ERR_ALIAS_NOT_FOUND' }, 'an alias goes with its version')
    await t.rejects(store.setAlias(name, 'latest', '1.1.0', { by: 'test' }), { code: 'ERR_STORE_REFUSED', message: /reserved/ })
  })

  await t.test('holds versions that `mlflow models serve` serves', async t => {
    const { name, store } = await published(t, open, 'fake-serve')
    const draft = t.testdir()
    await writeFakeModel(draft, { name, files: { 'fused.onnx': fusedModel(), 'fused.json': Buffer.from(JSON.stringify(FUSED_INTERFACE)), 'gate.json': Buffer.from('{"verdict":"passed"}') } })
    await store.publish(draft)
    await store.setAlias(name, 'production', '1.0.0', { by: 'test' })
    t.equal((await listRegistered(client, name))[0]!.tags.get('gate'), 'passed')
    const programs = await serverPrograms()
    const [port] = await findFreePorts(1)
    const folder = `${t.testdirName}-serve`
    await mkdir(folder, { recursive: true })
    const served = `http://127.0.0.1:${port}`
    const server = await ServerProcess.start({
      name: 'models-serve',
      program: join(programs, 'mlflow'),
      args: ['models', 'serve', '-m', `models:/${name}@production`, '-p', String(port), '--env-manager', 'local', '-w', '1'],
      environment: { ...mlflowEnvironment(programs), MLFLOW_TRACKING_URI: url },
      directory: folder,
      isReady: async () => (await fetch(`${served}/ping`)).ok
    })
    t.teardown(async () => { await server.stop(); await rm(folder, { recursive: true, force: true }) })
    const reply = await fetch(`${served}/invocations`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ inputs: { input_ids: [[3, 4, 9], [1, 1, 1]], attention_mask: [[1, 1, 0], [1, 1, 1]] } })
    })
    const body = await reply.text()
    t.equal(reply.status, 200, body)
    t.same(JSON.parse(body), { predictions: { probabilities: [[7, 14], [3, 6]] } })
  })

  await t.test('is what the API serves from', async t => {
    const { store } = await published(t, open, 'fake-none')
    const cacheFolder = `${t.testdirName}-cache`
    t.teardown(async () => await rm(cacheFolder, { recursive: true, force: true }))
    await store.publish(COMMITTED)
    await store.setAlias('inquiry-classifier', 'production', '1.0.0', { by: 'test' })
    const environment = { PORT: '0', INFERENCE_WORKERS: '1', MODEL_STORE_URL: 'mlflow:', MLFLOW_TRACKING_URI: url, MODEL_CACHE_DIR: cacheFolder }
    const api = spawn(process.execPath, ['dist/api/server.js'], { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(api, 'exit')
    t.teardown(async () => { api.kill(); await exited })
    const address = await new Promise<string>((resolve, reject) => {
      let log = ''
      exited.then(([code]) => reject(new Error(`the service ended with ${code}: ${log}`)), reject)
      api.stdout.on('data', chunk => {
        log += chunk
        const [, address] = /Server listening at (http:\S+?)"/.exec(log) ?? []
        if (address) resolve(address)
      })
    })
    const reply = await fetch(`${address}/classify`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: 'Wo ist mein Paket?' }) })
    t.match(await reply.json(), { model: { name: 'inquiry-classifier', version: '1.0.0' }, decision: /classified|manual/ })
  })
})

/** A model of its own with these versions. */
async function published (t: Test, open: (cacheFolder: string) => ModelStore, prefix: string, ...versions: string[]) {
  const name = `${prefix}-${process.pid}`
  const store = open(`${t.testdirName}-cache`)
  const drafts = `${t.testdirName}-drafts`
  t.teardown(async () => await rm(drafts, { recursive: true, force: true }))
  for (const version of versions) {
    await writeFakeModel(join(drafts, version), { name, version })
    await store.publish(join(drafts, version))
  }
  return { name, store }
}

/** As a person or a notebook does, without this store. */
async function registerByHand (url: string, name: string): Promise<{ version: string }> {
  const { model_version: registered } = await post(url, 'model-versions/create', { name, source: 's3://elsewhere/model' }) as { model_version: { version: string } }
  return registered
}

async function post (url: string, path: string, body: object): Promise<unknown> {
  const authorization = login.username ? { authorization: `Basic ${btoa(`${login.username}:${login.password}`)}` } : undefined
  const reply = await fetch(`${url}/api/2.0/mlflow/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...authorization }, body: JSON.stringify(body) })
  return await reply.json()
}

const FUSED_INTERFACE = {
  inputs: ['input_ids', 'attention_mask'].map(name => ({ name, dtype: 'int64', shape: [-1, -1] })),
  outputs: [{ name: 'probabilities', dtype: 'float32', shape: [-1, 2] }]
}

/** The interface of a fused model over something simple: once and twice the sum of the tokens that count. */
function fusedModel (): Uint8Array {
  const shape = ['batch', 'tokens']
  return encodeModel({
    name: 'fused',
    nodes: [
      { op: 'Mul', inputs: ['input_ids', 'attention_mask'], output: 'counted' },
      { op: 'Cast', inputs: ['counted'], output: 'numbers', attributes: { to: 1 } },
      { op: 'ReduceSum', inputs: ['numbers', 'axes'], output: 'sum', attributes: { keepdims: 1 } },
      { op: 'Mul', inputs: ['sum', 'factors'], output: 'probabilities' }
    ],
    initializers: [
      { name: 'axes', shape: [1], data: BigInt64Array.of(1n) },
      { name: 'factors', shape: [1, 2], data: Float32Array.of(1, 2) }
    ],
    inputs: [{ name: 'input_ids', type: 'int64', shape }, { name: 'attention_mask', type: 'int64', shape }],
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['batch', 2] }]
  }, { ir: 8, opset: 13 })
}
