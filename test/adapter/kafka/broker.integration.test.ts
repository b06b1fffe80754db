import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import kafkajs, { type EachBatchHandler, type KafkaMessage } from 'kafkajs'
import t, { type Test } from 'tap'
import { readAdapterConfig } from '../../../adapter/config.ts'
import { registerCodecs } from '../../../adapter/kafka/codecs.ts'
import { UNREADABLE_BATCH_HEADER } from '../../../adapter/kafka/compression/unreadable-batch.ts'
import { TRY_ONCE, kafkaOptions } from '../../../adapter/kafka/connection.ts'
import { stopIdlePolling } from '../../../adapter/kafka/idle-polling.ts'
import { ensureTopics } from '../../../adapter/kafka/topics.ts'
import { KafkaCluster } from '../../../scripts/kafka/cluster.ts'
import { unsecuredToken } from '../../../scripts/kafka/unsecured-token.ts'
import { type LogLine, captureLog } from '../captured-log.ts'

/** How the adapter connects to a real broker, what it asks of the topics, and which compressions it reads. Needs kcat. */
const run = promisify(execFile)

t.setTimeout(180_000)
stopIdlePolling()
await registerCodecs()
const cluster = await KafkaCluster.start({ security: true })
t.teardown(async () => await cluster.close())
const { bootstrap: tlsBrokers, caFile, username, password } = cluster.tls!
const PLAIN = { KAFKA_BROKERS: cluster.bootstrap }
const TLS = { KAFKA_BROKERS: tlsBrokers, KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: caFile }
const USER = { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password }

function connect (environment: Record<string, string>, onLine?: (line: LogLine) => void) {
  const config = readAdapterConfig(environment)
  const { log, lines, text } = captureLog('info', onLine)
  return { config, log, lines, text, kafka: new kafkajs.Kafka(kafkaOptions(config, log, { retry: TRY_ONCE })) }
}

/** What `ensureTopics` comes to within some time, and what it says until then. */
async function ensure (environment: Record<string, string>, { limitMs = 30_000, onLine }: { limitMs?: number, onLine?: (line: LogLine) => void } = {}) {
  const { config, log, lines, text, kafka } = connect(environment, onLine)
  const admin = kafka.admin()
  const outcome = await ensureTopics({ admin, config, log, signal: AbortSignal.timeout(limitMs), pollMs: 100 }).then(partitions => ({ partitions, error: undefined }), (error: Error) => ({ partitions: undefined, error }))
  await admin.disconnect()
  return { ...outcome, text, messages: lines.filter(line => line.component === undefined).map(({ msg }) => msg) }
}

t.test('every mechanism over TLS', async t => {
  const tokenFile = join(t.testdir(), 'token')
  writeFileSync(tokenFile, unsecuredToken())
  const ways: Array<Record<string, string>> = [
    ...['plain', 'scram-sha-256', 'scram-sha-512'].map(mechanism => ({ KAFKA_SASL_MECHANISM: mechanism, ...USER })),
    { KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_FILE: tokenFile },
    { KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_URL: await tokenEndpoint(t), KAFKA_SASL_OAUTH_CLIENT_ID: 'app', KAFKA_SASL_OAUTH_CLIENT_SECRET: 'secret' }
  ]
  for (const way of ways) {
    const { kafka, lines } = connect({ ...TLS, ...way })
    const admin = kafka.admin()
    await admin.connect()
    t.equal((await admin.describeCluster()).brokers.length, 1, Object.values(way).slice(0, 1).join())
    t.same(lines, [])
    await admin.disconnect()
  }
})

async function tokenEndpoint (t: Test): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ access_token: unsecuredToken(), expires_in: 3_600 }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
}

t.test('a wrong password ends the start with the variable to look at, and without the secret', async t => {
  const wrong = await ensure({ ...TLS, KAFKA_SASL_MECHANISM: 'scram-sha-512', ...USER, KAFKA_SASL_PASSWORD: 'hunter2' })
  t.match(wrong, { error: { message: /^Kafka refuses the adapter: .*authentication failed.*\(KAFKA_SASL_MECHANISM/ } })
  t.notMatch(wrong.text(), /hunter2/)
})

t.test('a connection that cannot work says why while it is tried', async t => {
  const sasl = { KAFKA_SASL_MECHANISM: 'plain', ...USER }
  t.match((await ensure({ ...TLS, KAFKA_SSL_CA_FILE: '', ...sasl }, { limitMs: 1_500 })).messages, [/certificate.*KAFKA_SSL_CA_FILE/], 'no authority')
  t.match((await ensure({ ...PLAIN, KAFKA_BROKERS: tlsBrokers }, { limitMs: 1_500 })).messages, [/KAFKA_SSL and KAFKA_SASL_MECHANISM must fit/], 'without TLS where it is spoken')
  t.match((await ensure(TLS, { limitMs: 1_500 })).messages, [/KAFKA_SSL and KAFKA_SASL_MECHANISM must fit/], 'without a user where one is wanted')
})

t.test('topics are waited for, created with their settings, and found the next time', async t => {
  const missing = await ensure(PLAIN, { limitMs: 1_500 })
  t.match(missing.messages, [/^missing in Kafka: inquiries, inquiry-classes, inquiry-classes.late, inquiries.dead-letter. Create them/])
  const partitions = { inquiries: 4, results: 4, late: 4, deadLetters: 4 }
  const created = await Promise.all([1, 2].map(async () => await ensure({ ...PLAIN, CREATE_TOPICS: 'true', TOPIC_PARTITIONS: '4' })))
  for (const outcome of created) t.match(outcome, { partitions }, 'two adapters that start at once')
  t.match(await ensure(PLAIN), { partitions, messages: [] }, 'with settings that need no warning')

  const description = await cluster.tool('org.apache.kafka.tools.TopicCommand', ['--describe', '--topic', 'inquiries.dead-letter'])
  t.match(description, /cleanup\.policy=delete/)
  t.match(description, /max\.message\.bytes=1114124/)

  await cluster.tool('org.apache.kafka.tools.TopicCommand', ['--create', '--topic', 'compacted', '--partitions', '1', '--replication-factor', '1', '--config', 'cleanup.policy=compact'])
  t.match((await ensure({ ...PLAIN, RESULT_TOPIC: 'compacted' })).messages, [/cleanup.policy should be delete/])
  t.match((await ensure({ ...PLAIN, LATE_TOPIC: 'other', CREATE_TOPICS: 'true', TOPIC_REPLICATION_FACTOR: '3' }, { limitMs: 1_500 })).messages, ['topics cannot be created: there are fewer brokers than TOPIC_REPLICATION_FACTOR'])
})

t.test('a token that has expired is told, and the next one taken', async t => {
  const tokenFile = join(t.testdir(), 'token')
  writeFileSync(tokenFile, unsecuredToken({ lifetime: -60_000 }))
  const { partitions, messages } = await ensure({ ...TLS, KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_FILE: tokenFile }, {
    onLine: ({ msg }) => { if (msg.includes('refuse the OAuth token (invalid_token)')) writeFileSync(tokenFile, unsecuredToken()) }
  })
  t.match(partitions, { inquiries: 4 })
  t.match(messages, [/^waiting for Kafka at .*: The brokers refuse the OAuth token/])
})

/** All records of a topic's only partition, read by kafkajs as the adapter sets it up. */
async function readAll (topic: string, count: number): Promise<KafkaMessage[]> {
  const { config, log } = connect(PLAIN)
  const kafka = new kafkajs.Kafka(kafkaOptions(config, log)) // as patient as in production: the group's coordinator has to load first
  const consumer = kafka.consumer({ groupId: `read-${topic}`, maxWaitTimeInMs: 200 })
  const messages: KafkaMessage[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const crashed = new Promise<never>((_resolve, reject) => consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => { if (!restart) reject(error) }))
  const complete = new Promise<void>(resolve => {
    const eachBatch: EachBatchHandler = async ({ batch }) => {
      messages.push(...batch.messages)
      if (messages.length >= count) resolve()
    }
    consumer.run({ eachBatch }).catch(() => {}) // it tells of a crash
  })
  await Promise.race([complete, crashed]).finally(async () => await consumer.disconnect())
  return messages
}

async function createTopic (topic: string): Promise<void> {
  const admin = connect(PLAIN).kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  await admin.disconnect()
}

async function kcat (topic: string, ...args: string[]): Promise<void> {
  await run('kcat', ['-P', '-b', cluster.bootstrap, '-t', topic, '-p', '0', '-X', 'message.max.bytes=100000000', ...args])
}

for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
  t.test(`${compression} of librdkafka and of Java is read`, async t => {
    const folder = t.testdir()
    const line = `{"id":"a1","text":"${'Meine Bohrmaschine lädt nicht mehr, '.repeat(20_000)}"}`
    // Half noise, so that some blocks do not compress.
    const mixed = Buffer.concat([randomBytes(150_000), Buffer.from(line)])
    const [lines, large] = [join(folder, 'lines'), join(folder, 'large')]
    writeFileSync(lines, `${line}\n`)
    writeFileSync(large, mixed)
    await createTopic(compression)
    await kcat(compression, '-z', compression, '-l', lines)
    await kcat(compression, '-z', compression, large)
    await cluster.tool('org.apache.kafka.tools.ProducerPerformance', [
      '--topic', compression, '--num-records', '3', '--throughput', '-1', '--payload-file', lines, '--command-property', 'acks=all', '--command-property', `compression.type=${compression}`,
      '--command-property', 'batch.size=3000000', '--command-property', 'max.request.size=3000000', '--command-property', 'linger.ms=200'
    ])
    const values = (await readAll(compression, 5)).map(({ value }) => value!)
    t.same(values.map(({ length }) => length), [Buffer.byteLength(line), mixed.length, ...Array(3).fill(Buffer.byteLength(line))])
    t.ok(values[1]?.equals(mixed))
    t.ok([0, 2, 3, 4].every(index => values[index]?.equals(Buffer.from(line))))
  })
}

t.test('a batch that the broker takes and nobody should decompress stops nothing', async t => {
  const folder = t.testdir()
  const [small, zeros] = [join(folder, 'small'), join(folder, 'zeros')]
  writeFileSync(small, 'before or after')
  writeFileSync(zeros, Buffer.alloc(40_000_000))
  await createTopic('bomb')
  await kcat('bomb', small)
  await kcat('bomb', '-z', 'zstd', zeros)
  await kcat('bomb', small)
  const [before, bomb, after] = await readAll('bomb', 3)
  t.equal(String(before?.value), 'before or after')
  t.equal(String(after?.value), 'before or after')
  t.equal(String(bomb?.headers?.[UNREADABLE_BATCH_HEADER]), 'the batch is larger than 33554432 bytes when decompressed')
  t.ok(bomb!.value!.length < 100_000, 'and its value is the batch as it is stored')
})
