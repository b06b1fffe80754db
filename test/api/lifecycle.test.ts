import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, linkSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { type Problem, type Readiness } from '../../openapi/index.ts'
import { type Environment, INQUIRY, LONG_INQUIRY, type LogEntry } from './service.ts'

/** The service as a process of its own. */
interface ServerProcess {
  readonly child: ChildProcess
  readonly url: string
  /** Its exit code and what it wrote, once it has ended. */
  readonly ended: Promise<{ code: number | null, log: LogEntry[], stderr: string }>
}

/** Starts `dist/api/server.js`; `url` is empty when it ends instead of listening. */
async function startServer (t: Test, environment: Environment): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['dist/api/server.js'], {
    env: { PATH: process.env.PATH, PORT: '0', INFERENCE_WORKERS: '1', MAX_REQUEST_TIMEOUT_MS: '600000', ...environment }
  })
  t.teardown(() => child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  const lines = () => stdout.split('\n').filter(Boolean)
  child.stderr.on('data', chunk => { stderr += chunk })
  const exited = once(child, 'close')
  const ended = exited.then(([code]) => ({ code: code as number | null, log: lines().map(line => JSON.parse(line) as LogEntry), stderr }))
  const listening = new Promise<string>(resolve => {
    child.stdout.on('data', chunk => {
      stdout += chunk
      const address = /Server listening at (http:\S+?)"/.exec(stdout)
      if (address) resolve(address[1]!)
    })
  })
  return { child, url: await Promise.race([listening, exited.then(() => '')]), ended }
}

const asJson = { 'content-type': 'application/json' }
const work = (count: number) => ({ method: 'POST', headers: asJson, body: JSON.stringify({ inquiries: Array(count).fill(LONG_INQUIRY) }) })

/** Resolves when inquiries wait for the model. */
async function isBusy (url: string): Promise<void> {
  let ready: Readiness
  do ready = await fetch(`${url}/health/ready`).then(async reply => await reply.json() as Readiness)
  while (ready.queueDepth === 0)
}

t.test('on SIGTERM it says not ready, ends the work in flight, then exits with 0', async t => {
  const { child, url, ended } = await startServer(t, { DRAIN_DELAY_MS: '500', SHUTDOWN_TIMEOUT_MS: '100000' })
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/, 'by default only this machine reaches it')

  // A kept-alive connection, as the adapter uses it, and one that never carries a request, as load balancers open.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const { method, headers, body } = work(12)
  const inFlight = request(`${url}/classify/batch`, { agent, method, headers })
  inFlight.end(body)
  const answered = once(inFlight, 'response')
  await isBusy(url)

  const signalledAt = performance.now()
  child.kill('SIGTERM')
  let ready
  do ready = await fetch(`${url}/health/ready`)
  while (ready.status === 200)
  t.match([ready.status, await ready.json() as Problem], [503, { code: 'ERR_DRAINING' }], 'not ready')
  t.match(ready.headers.get('connection'), 'close')
  const late = await fetch(`${url}/classify`, { method: 'POST', headers: asJson, body: JSON.stringify(INQUIRY) })
  t.equal(late.status, 200, 'who has not noticed yet is answered')

  const [reply] = await answered
  const results = JSON.parse(Buffer.concat(await reply.toArray()).toString()).results
  t.match([reply.statusCode, reply.headers.connection, results.length], [200, 'close', 12], 'the work in flight is done')
  const { code, log, stderr } = await ended
  t.match([code, stderr], [0, ''])
  t.ok(performance.now() - signalledAt < 50_000, 'it did not wait for kept-alive connections until the limit')
  t.match(log.map(({ msg }) => msg), [/listening/, 'shutting down'], 'its log is JSON lines')
  t.same(log.filter(({ level }) => Number(level) >= 40), [], 'without warnings')
  t.ok(log.some(({ route, status }) => route === '/classify/batch' && status === 200), 'the last lines are not lost')
  await t.rejects(fetch(`${url}/health/live`), 'nobody listens any more')
})

t.test('ends at the shutdown limit, though work is left', async t => {
  const { child, url, ended } = await startServer(t, { SHUTDOWN_TIMEOUT_MS: '100' })
  const answer = fetch(`${url}/classify/batch`, work(128)).then(async reply => await reply.text(), () => 'cut')
  await isBusy(url)
  const signalledAt = performance.now()
  child.kill('SIGINT')
  const { code, log } = await ended
  t.equal(code, 0)
  t.ok(performance.now() - signalledAt < 5_000, 'long before the work would have ended')
  t.match(await answer, /ERR_DRAINING|^cut$/, 'what was not done is said to be')
  t.match(log.filter(({ level }) => level === 40), [{ msg: /still open at the shutdown limit/ }])
})

t.test('does not start with a model that is damaged, and names the file', async t => {
  for (const damaged of ['model.onnx', 'tokenizer.json']) {
    const store = t.testdir({})
    copyStore('model-store/models', store, path => {
      if (!path.endsWith(damaged)) return undefined
      const bytes = readFileSync(path)
      bytes[1_000]! ^= 1
      return bytes
    })
    t.match(await failure(t, { MODEL_STORE_URL: `file:${store}` }), new RegExp(`^could not start: ${store}.*/${damaged}`), damaged)
  }
})

t.test('does not start with an unusable setting, and names the variable', async t => {
  t.match(await failure(t, { MAX_QUEUE: 'many', LOG_LEVEL: 'loud' }), /^could not start: .*LOG_LEVEL.*MAX_QUEUE/)
  t.match(await failure(t, { MODEL_STORE_URL: 'ftp://example' }), /^could not start: MODEL_STORE_URL/)
  t.match(await failure(t, { MODEL_ALIAS: 'nobody' }), /^could not start: .*nobody/)
})

/** The message with which it ends instead of listening: the one line of its log, and no dump beside it. */
async function failure (t: Test, environment: Environment): Promise<unknown> {
  const { url, ended } = await startServer(t, environment)
  const { code, log, stderr } = await ended
  t.match([url, code, log.length, stderr, log[0]], ['', 1, 1, '', { level: 60, service: 'api', err: { message: String } }], JSON.stringify(environment))
  return log[0]?.msg
}

/** Copies a folder by links, and what `change` gives as a file of its own. */
function copyStore (from: string, to: string, change: (path: string) => Buffer | undefined): void {
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    const [source, target] = [join(from, name), join(to, name)]
    if (statSync(source).isDirectory()) continue
    mkdirSync(dirname(target), { recursive: true })
    const changed = change(source)
    if (changed) { writeFileSync(target, changed); continue }
    try {
      linkSync(source, target)
    } catch {
      copyFileSync(source, target) // another file system
    }
  }
}
