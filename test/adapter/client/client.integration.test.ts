import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import t, { type Test } from 'tap'
import { createInquiryClient, type Decision, type InquiryClientError, type InquiryClientOptions } from '../../../adapter/client/index.ts'
import type { DecisionMessage, InquiryMessage } from '../../../openapi/index.ts'
import { KafkaCluster } from '../../../scripts/kafka/cluster.ts'

/** The client against a real broker that is absent, frozen, killed and restarted; an adapter of a few lines answers. */
const SCHEDULING_MS = 750
const RECOVERY_MS = 60_000

t.test('no broker, and never one', async t => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  await once(free, 'close')
  const client = createInquiryClient({ kafka: { brokers: [`127.0.0.1:${port}`] }, timeoutMs: 500 })
  await isManualAt(t, 500, 'not_sent', () => client.classify(inquiry('a1')))
  t.equal(client.connected, false)
  await client.stop()
})

t.test('something that takes connections and says nothing', async t => {
  const sockets = new Set<Socket>()
  const silent = createServer(socket => { sockets.add(socket) }).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const client = createInquiryClient({ kafka: { brokers: [`127.0.0.1:${(silent.address() as AddressInfo).port}`] }, timeoutMs: 500, stopTimeoutMs: 200 })
  await isManualAt(t, 500, 'not_sent', () => client.classify(inquiry('a1')))
  const from = performance.now()
  await client.stop()
  t.ok(performance.now() - from < 200 + SCHEDULING_MS, 'stop does not wait for it')
  for (const socket of sockets) socket.destroy()
  silent.close()
  await once(silent, 'close')
})

t.test('a broker that lives, freezes, dies and comes back', async t => {
  const cluster = await KafkaCluster.start()
  t.teardown(async () => await cluster.close())
  const [node] = cluster.nodes
  const brokers = cluster.bootstrap.split(',')
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, requestTimeout: 5_000, retry: { retries: 1_000, initialRetryTime: 100, maxRetryTime: 500 } })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'inquiries', numPartitions: 3 }, { topic: 'inquiry-classes', numPartitions: 2 }] })
  await admin.disconnect()
  const stopAdapter = await startAdapter(kafka)

  const [app, other] = [start(t, brokers), start(t, brokers)]
  await t.test('two apps: each gets the decisions on its own inquiries', async t => {
    // At once: before either client has found the topics.
    const decisions = await Promise.all(Array.from({ length: 100 }, async (_, index) => await (index % 2 ? app : other).classify(inquiry(`both-${index}`), { timeoutMs: 30_000 })))
    t.equal(decisions.filter(isFromAdapter).length, 100)
    t.strictSame(decisions.map(({ id }) => id), Array.from({ length: 100 }, (_, index) => `both-${index}`))
    t.equal(await app.ready(10_000), true)
    const from = performance.now()
    for (let index = 0; index < 20; index++) t.ok(isFromAdapter(await app.classify(inquiry(`one-${index}`))))
    t.comment(`there and back: ${((performance.now() - from) / 20).toFixed(1)} ms`)
  })

  await t.test('the example of the documentation runs', async t => {
    const [, example] = /```js\n(.+?)```/s.exec(await readFile('docs/client.md', 'utf8'))!
    const file = fileURLToPath(new URL('./example-of-the-documentation.mjs', import.meta.url))
    await writeFile(file, example!)
    t.teardown(async () => await rm(file))
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { env: { ...process.env, KAFKA_BROKERS: cluster.bootstrap } })
    t.match(stdout, /^to the desk of-[0-9a-f-]{36}\n$/)
    t.equal(stderr, '')
  })

  await t.test('a record that the broker refuses', async t => {
    const from = performance.now()
    t.match(await app.classify({ ...inquiry('large'), note: 'x'.repeat(2e6) } as InquiryMessage), { decision: 'manual', reason: 'api_unavailable', fallback: 'refused' })
    t.ok(performance.now() - from < 2_000)
    t.equal(app.errors.at(-1)?.code, 'ERR_KAFKA_REFUSED')
    t.ok(isFromAdapter(await app.classify(inquiry('after-large'))))
  })

  await t.test('frozen: the client decides in time; then all is as before', async t => {
    node!.pause()
    await isManualAt(t, 800, 'not_acknowledged', () => app.classify(inquiry('frozen'), { timeoutMs: 800 }))
    const waiting = app.classify(inquiry('across-freeze'), { timeoutMs: RECOVERY_MS })
    node!.resume()
    t.ok(isFromAdapter(await waiting))
    t.equal(await other.ready(RECOVERY_MS), true)
    t.ok(isFromAdapter(await other.classify(inquiry('thawed'))))
  })

  await t.test('killed: the client decides in time; an inquiry with enough of it is decided after the restart', async t => {
    await node!.kill()
    const waiting = app.classify(inquiry('across-restart'), { timeoutMs: RECOVERY_MS })
    await isManualAt(t, 800, 'not_acknowledged', () => app.classify(inquiry('dead'), { timeoutMs: 800 }))
    await node!.start()
    const from = performance.now()
    t.ok(isFromAdapter(await waiting))
    t.comment(`decided ${(performance.now() - from).toFixed(0)} ms after the broker was back`)
    t.ok(isFromAdapter(await other.classify(inquiry('restarted'), { timeoutMs: RECOVERY_MS })))
    t.equal(await app.ready(RECOVERY_MS), true)
  })

  await t.test('stopped: nothing is left open', async t => {
    const waiting = app.classify(inquiry('stopped'), { timeoutMs: RECOVERY_MS, headers: { 'answer-after': 'never' } })
    const opened = openSockets()
    await app.stop()
    t.equal((await waiting).fallback, 'stopped')
    t.ok(openSockets() < opened)
    await stopAdapter()
    await node!.kill()
    const from = performance.now()
    await other.stop()
    t.ok(performance.now() - from < 5_000 + SCHEDULING_MS)
  })
})

async function isManualAt (t: Test, timeoutMs: number, fallback: Decision['fallback'], classify: () => Promise<Decision>): Promise<void> {
  const from = performance.now()
  t.match(await classify(), { decision: 'manual', reason: 'timeout', source: 'client', fallback })
  const took = performance.now() - from
  t.ok(took > timeoutMs - 5 && took < timeoutMs + SCHEDULING_MS, `after ${took.toFixed(0)} of ${timeoutMs} ms`)
}

function start (t: Test, brokers: string[], options: Partial<InquiryClientOptions> = {}) {
  const errors: InquiryClientError[] = []
  const client = createInquiryClient({ kafka: { brokers }, timeoutMs: 10_000, onError: error => { errors.push(error) }, ...options })
  t.teardown(async () => await client.stop())
  return Object.assign(client, { errors })
}

/** Answers each inquiry with a category that names it. @returns how to stop it */
async function startAdapter (kafka: Kafka): Promise<() => Promise<unknown>> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  const consumer = kafka.consumer({ groupId: 'adapter', maxWaitTimeInMs: 500, retry: { retries: 1_000, maxRetryTime: 500 } })
  await Promise.all([producer.connect(), consumer.connect()])
  await consumer.subscribe({ topic: 'inquiries', fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message: { key, value, headers } }) => {
      if (headers?.['answer-after']) return
      const { id } = JSON.parse(String(value)) as InquiryMessage
      const time = new Date().toISOString()
      const decision: DecisionMessage = { id, decision: 'classified', category: `of-${id}`, confidence: 0.9, reason: null, alternatives: [], model: { name: 'm', version: '1' }, decidedAt: time, deadline: time }
      await producer.send({ topic: 'inquiry-classes', messages: [{ key, value: JSON.stringify(decision) }] })
    }
  })
  return async () => await Promise.all([consumer.disconnect(), producer.disconnect()])
}

function inquiry (id: string): InquiryMessage {
  return { id, text: 'Meine Bohrmaschine lädt nicht mehr' }
}

function isFromAdapter ({ id, source, category }: Decision): boolean {
  return source === 'adapter' && category === `of-${id}`
}

function openSockets (): number {
  return process.getActiveResourcesInfo().filter(type => type === 'TCPSocketWrap').length
}
