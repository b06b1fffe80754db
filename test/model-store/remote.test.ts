import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import Type from 'typebox'
import { type RemoteVersion, bringToCache } from '../../model-store/cache.ts'
import { eachLimited } from '../../model-store/each-limited.ts'
import { MlflowClient } from '../../model-store/mlflow/client.ts'
import { openModelStore } from '../../model-store/open.ts'
import { writeFakeModel } from './fake-model.ts'

/** What stores on other machines share, against answers that a real server seldom gives. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server that gives these answers one after another, the last one for ever, and counts the requests. */
async function serverThat (t: Test, ...answers: Answer[]) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume().once('end', () => answers[Math.min(requests.length, answers.length) - 1]!(request, response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, requests, client: new MlflowClient({ url, username: 'anna', password: 'geheim' }) }
}

const say = (status: number, body: string): Answer => (_request, response) => { response.writeHead(status).end(body) }
const fine = say(200, '{"answer": 42}')
const cutOff: Answer = request => { request.socket.destroy() }
const silent: Answer = () => {}
const options = { parameters: { name: 'a b' }, answer: Type.Object({ answer: Type.Integer() }) }

t.test('MLflow: tells what a server answered', async t => {
  const cases: ReadonlyArray<readonly [string, Answer, { code: string, reason?: string, message: RegExp }]> = [
    ['an error of its own', say(400, '{"error_code": "INVALID_PARAMETER_VALUE", "message": "Registered model alias a not found."}'), { code: 'ERR_MLFLOW_REFUSED', reason: 'INVALID_PARAMETER_VALUE', message: /alias a not found/ }],
    ['an unknown route, as HTML', say(404, '<!doctype html><title>404 Not Found</title><p>The requested URL was not found'), { code: 'ERR_MLFLOW_REFUSED', reason: 'HTTP_404', message: /404 HTTP_404: 404 Not Found The requested/ }],
    ['a missing login, as text', say(401, 'You are not authenticated.'), { code: 'ERR_MLFLOW_REFUSED', reason: 'HTTP_401', message: /not authenticated/ }],
    ['a host that is not allowed', say(403, 'Invalid Host header - possible DNS rebinding attack detected'), { code: 'ERR_MLFLOW_REFUSED', reason: 'HTTP_403', message: /Invalid Host header/ }],
    ['JSON that is no error', say(400, '["no"]'), { code: 'ERR_MLFLOW_REFUSED', reason: 'HTTP_400', message: /no/ }],
    ['a server that cannot', say(503, ''), { code: 'ERR_MLFLOW_UNAVAILABLE', reason: 'HTTP_503', message: /503/ }],
    ['a cut connection', cutOff, { code: 'ERR_MLFLOW_UNAVAILABLE', message: /was not answered/ }],
    ['an empty body', say(200, ''), { code: 'ERR_MLFLOW_ANSWER', message: /did not answer with JSON/ }],
    ['a page', say(200, '<html>'), { code: 'ERR_MLFLOW_ANSWER', message: /is this an MLflow server/ }],
    ['something else', say(200, '{"answer": "many"}'), { code: 'ERR_MLFLOW_ANSWER', message: /\/answer/ }]
  ]
  for (const [what, answer, expected] of cases) {
    const { client } = await serverThat(t, answer)
    await t.rejects(client.post('thing', options), expected, what)
  }
  const { client } = await serverThat(t, silent)
  await t.rejects(client.post('thing', { ...options, deadlineMs: 50 }), { code: 'ERR_MLFLOW_UNAVAILABLE', message: /not within 50 ms/ }, 'silence')
})

t.test('MLflow: repeats what may be repeated, and nothing else', async t => {
  const passing = await serverThat(t, cutOff, say(503, ''), fine)
  t.same(await passing.client.get('thing', options), { answer: 42 })
  t.same(passing.requests.map(({ url }) => url), Array(3).fill('/api/2.0/mlflow/thing?name=a+b'))
  t.equal(passing.requests[0]!.headers.authorization, 'Basic YW5uYTpnZWhlaW0=')
  const creating = await serverThat(t, cutOff, fine)
  await t.rejects(creating.client.post('thing', options), { code: 'ERR_MLFLOW_UNAVAILABLE' })
  t.equal(creating.requests.length, 1)
  const refusing = await serverThat(t, say(404, ''), fine)
  await t.rejects(refusing.client.get('thing', options), { code: 'ERR_MLFLOW_REFUSED' })
  t.equal(refusing.requests.length, 1)
  const dead = await serverThat(t, cutOff)
  await t.rejects(dead.client.get('thing', options), { code: 'ERR_MLFLOW_UNAVAILABLE' })
  t.equal(dead.requests.length, 3)
})

t.test('MLflow: artefacts lie where their URI says, and only there', async t => {
  const { client, requests } = await serverThat(t, say(200, 'bytes'))
  const file = join(t.testdir({ file: 'content' }), 'file')
  t.equal((await client.artifacts.read('mlflow-artifacts:/2/m-1/artifacts', 'a b.json')).toString(), 'bytes')
  await client.artifacts.upload('mlflow-artifacts://host:5000/2/m-1', 'x', file)
  t.same(requests.map(({ url }) => url), ['/2/m-1/artifacts/a%20b.json', '/2/m-1/x'].map(path => `/api/2.0/mlflow-artifacts/artifacts${path}`))
  await t.rejects(client.artifacts.write('mlflow-artifacts:/2/m-1', '../m-2/x', ''), { code: 'ERR_MLFLOW_REFUSED', message: /no name of an artefact/ })
  await t.rejects(client.artifacts.read('s3://bucket/2/m-1', 'x'), { code: 'ERR_MLFLOW_REFUSED', message: /--serve-artifacts/ })
  await t.rejects(client.artifacts.download('mlflow-artifacts:/2', 'x', join(file, 'below a file'), 1), { code: 'ENOTDIR' }, 'an error of the disk is none of the server')
  t.equal(requests.length, 3)
})

t.test('the cache', async t => {
  const folder = t.testdir()
  const source = join(folder, 'source')
  await writeFakeModel(source)
  const manifest = await readFile(join(source, 'manifest.json'))
  let downloads = 0
  const remote: RemoteVersion = {
    name: 'fake',
    version: '1.0.0',
    location: 'elsewhere',
    manifest,
    async download ({ path }, to) {
      downloads++
      await writeFile(to, await readFile(join(source, path)))
    }
  }
  const cache = join(folder, 'cache')

  await t.test('brings a version once', async t => {
    const { directory } = await bringToCache(cache, remote)
    t.equal(downloads, 4)
    t.same(await bringToCache(cache, remote), { manifest: JSON.parse(manifest.toString()), directory })
    t.equal(downloads, 4)
    t.same(await readdir(cache), ['fake'], 'no staging folder stays')
  })

  await t.test('brings it again when it was damaged', async t => {
    const { directory } = await bringToCache(cache, remote)
    await writeFile(join(directory, 'head.json'), '{}')
    await bringToCache(cache, remote)
    t.equal(downloads, 8)
    t.ok((await readFile(join(directory, 'head.json'))).equals(await readFile(join(source, 'head.json'))))
    await rm(directory, { recursive: true })
    await writeFile(directory, 'in the way')
    await bringToCache(cache, remote)
    t.same(await readdir(directory), ['head.json', 'manifest.json', 'model.onnx', 'tokenizer.json', 'tokenizer_config.json'])
  })

  await t.test('is shared by processes that bring the same at once', async t => {
    const shared = join(folder, 'shared')
    const results = await Promise.all(Array.from({ length: 5 }, async () => await bringToCache(shared, remote)))
    t.equal(new Set(results.map(({ directory }) => directory)).size, 1)
    t.same(await readdir(shared), ['fake'])
  })

  await t.test('keeps nothing of a version that is wrong', async t => {
    const wrong = join(folder, 'wrong')
    await t.rejects(bringToCache(wrong, { ...remote, download: async (_file, to) => await writeFile(to, 'x') }), { code: 'ERR_MODEL_CORRUPT' })
    await t.rejects(bringToCache(wrong, { ...remote, digest: 'f'.repeat(64) }), { code: 'ERR_MODEL_CORRUPT', message: /manifest\.json has SHA-256/ })
    t.same(await readdir(wrong), [])
  })

  await t.test('says when it cannot be written', async t => {
    const blocked = join(folder, 'blocked')
    await writeFile(blocked, '')
    await t.rejects(bringToCache(blocked, remote), { code: 'ERR_CACHE_UNWRITABLE', message: /MODEL_CACHE_DIR .*blocked/ })
  })
})

t.test('a URL that names no store is refused, with what to write', async t => {
  const refused: ReadonlyArray<readonly [string, Record<string, string>, RegExp]> = [
    ['mlflow:', {}, /http:\/\/host:port/],
    ['mlflow:', { MLFLOW_TRACKING_URI: './mlruns' }, /http:\/\/host:port/],
    ['mlflow:ftp://host', {}, /http:\/\/host:port/],
    ['mlflow:http://anna:secret@host', {}, /MLFLOW_TRACKING_USERNAME/],
    ['s3:', {}, /s3:\/\/bucket\/prefix/],
    ['s3://', {}, /s3:\/\/bucket\/prefix/],
    ['s3://Bucket_1/x', {}, /s3:\/\/bucket\/prefix/],
    ['gs://bucket/x', {}, /got gs:/]
  ]
  for (const [url, environment, message] of refused) t.throws(() => openModelStore(url, environment), { code: 'ERR_STORE_URL', message }, url)
  t.notMatch(String(messageOf(() => openModelStore('mlflow:http://anna:secret@host'))), /secret/)
  const folder = t.testdir()
  await mkdir(join(folder, 'models'))
  t.same(await openModelStore(`file:${join(folder, 'models')}`).versions('fake'), [])
  const down = openModelStore('mlflow:', { MLFLOW_TRACKING_URI: 'http://127.0.0.1:9', MODEL_CACHE_DIR: folder })
  await t.rejects(down.fetch('fake', '1.0.0'), { code: 'ERR_STORE_UNAVAILABLE', message: /127\.0\.0\.1:9/ })
})

t.test('work on many items goes on a few at a time, and ends with the first failure', async t => {
  let running = 0
  let most = 0
  const done: number[] = []
  const work = async (item: number) => {
    most = Math.max(most, ++running)
    await new Promise(resolve => { setTimeout(resolve, 2) })
    running--
    if (item === 7) throw new Error('seven')
    done.push(item)
  }
  await eachLimited([1, 2, 3, 4, 5], 2, work)
  t.same([done.sort(), most], [[1, 2, 3, 4, 5], 2])
  await t.rejects(eachLimited([6, 7, 8, 9, 10, 11], 2, work), { message: 'seven' })
  t.equal(running, 0, 'nothing goes on afterwards')
  t.notOk(done.includes(11))
})

function messageOf (work: () => unknown): unknown {
  try {
    work()
    return ''
  } catch (error) {
    return error
  }
}
