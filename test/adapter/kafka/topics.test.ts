import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs'
import t from 'tap'
import { readAdapterConfig } from '../../../adapter/config.ts'
import { type TopicsOptions, ensureTopics } from '../../../adapter/kafka/topics.ts'
import { captureLog } from '../captured-log.ts'

const TOPICS = ['inquiries', 'inquiry-classes', 'inquiry-classes.late', 'inquiries.dead-letter']

interface FakeTopic { partitions: number, settings: Record<string, string> }

function topic (partitions = 6, settings: Record<string, string> = {}): FakeTopic {
  return { partitions, settings: { 'cleanup.policy': 'delete', 'max.message.bytes': '1048588', ...settings } }
}

/** The part of a cluster that `ensureTopics` asks for. */
class FakeAdmin implements Pick<Admin, 'connect' | 'fetchTopicMetadata' | 'createTopics' | 'describeConfigs'> {
  readonly topics = new Map<string, FakeTopic>()
  readonly created: ITopicConfig[] = []
  /** Thrown by the next calls, one each; `undefined` lets a call pass. */
  readonly failures: unknown[] = []
  looks = 0

  async connect (): Promise<void> { this.#fail() }

  async fetchTopicMetadata ({ topics = [] }: { topics?: string[] } = {}) {
    this.looks++
    this.#fail()
    const [name] = topics as [string]
    const found = this.topics.get(name)
    if (!found) throw protocolError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition')
    return { topics: [{ name, partitions: Array(found.partitions).fill({}) }] }
  }

  async createTopics ({ topics }: { topics: ITopicConfig[] }): Promise<boolean> {
    this.#fail()
    for (const config of topics) {
      this.created.push(config)
      this.topics.set(config.topic, topic(config.numPartitions, Object.fromEntries(config.configEntries!.map(({ name, value }) => [name, value]))))
    }
    return true
  }

  async describeConfigs ({ resources }: Parameters<Admin['describeConfigs']>[0]): ReturnType<Admin['describeConfigs']> {
    this.#fail()
    const described = resources.filter(({ name }) => this.topics.has(name)).map(({ name, type }) => ({
      resourceName: name,
      resourceType: type,
      errorCode: 0,
      errorMessage: '',
      configEntries: Object.entries(this.topics.get(name)!.settings).map(([configName, configValue]) => ({
        configName, configValue, isDefault: true, configSource: kafkajs.ConfigSource.DEFAULT_CONFIG, isSensitive: false, readOnly: false, configSynonyms: []
      }))
    }))
    return { resources: described, throttleTime: 0 }
  }

  #fail (): void {
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
  }
}

/** An error that kafkajs throws and does not export. */
function named (name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

/** As kafkajs gives a protocol error when it has no more retries. */
function protocolError (type: string, message: string): Error {
  const error = new kafkajs.KafkaJSProtocolError({ type, code: 1, retriable: true, name: 'x', message } as never)
  return new kafkajs.KafkaJSNumberOfRetriesExceeded(error, { retryCount: 0, retryTime: 1 })
}

function start (admin: FakeAdmin, environment: Record<string, string> = {}, { signal }: Partial<TopicsOptions> = {}) {
  const { log, lines } = captureLog('info')
  const done = ensureTopics({ admin, config: readAdapterConfig(environment), log, signal: signal ?? new AbortController().signal, pollMs: 1 })
  return { done, lines, messages: () => lines.map(({ msg }) => msg) }
}

t.test('topics that are there are counted', async t => {
  const admin = new FakeAdmin()
  TOPICS.forEach((name, index) => admin.topics.set(name, topic(index + 1, name === 'inquiries.dead-letter' ? { 'max.message.bytes': '1114124' } : {})))
  const { done, lines } = start(admin)
  t.same(await done, { inquiries: 1, results: 2, late: 3, deadLetters: 4 })
  t.same(lines, [])
})

t.test('brokers and topics are waited for, and what is missing is told once', async t => {
  const admin = new FakeAdmin()
  admin.failures.push(new kafkajs.KafkaJSConnectionError('Connection error: connect ECONNREFUSED', {}), new kafkajs.KafkaJSConnectionError('Connection error: connect ECONNREFUSED', {}))
  admin.topics.set('inquiries', topic())
  const { done, messages } = start(admin)
  await t.resolves(new Promise<void>(resolve => {
    const watch = setInterval(() => { if (admin.looks > 20) { clearInterval(watch); resolve() } }, 1)
  }))
  t.same(messages(), [
    'waiting for Kafka at 127.0.0.1:9092: Connection error: connect ECONNREFUSED',
    'missing in Kafka: inquiry-classes, inquiry-classes.late, inquiries.dead-letter. Create them with cleanup.policy=delete, or set CREATE_TOPICS=true'
  ])
  t.same(admin.created, [], 'nothing is created unasked')
  for (const name of TOPICS) admin.topics.set(name, topic(3, { 'max.message.bytes': '1114124' }))
  t.same(await done, { inquiries: 3, results: 3, late: 3, deadLetters: 3 })
})

t.test('missing topics are created where that is wanted', async t => {
  const admin = new FakeAdmin()
  admin.topics.set('inquiries', topic(2, { 'max.message.bytes': '3000000' }))
  const { done, messages } = start(admin, { CREATE_TOPICS: 'true', TOPIC_PARTITIONS: '12', TOPIC_REPLICATION_FACTOR: '3' })
  t.same(await done, { inquiries: 2, results: 12, late: 12, deadLetters: 12 })
  const policy = { name: 'cleanup.policy', value: 'delete' }
  t.same(admin.created, [
    { topic: 'inquiry-classes', numPartitions: 12, replicationFactor: 3, configEntries: [policy] },
    { topic: 'inquiry-classes.late', numPartitions: 12, replicationFactor: 3, configEntries: [policy] },
    { topic: 'inquiries.dead-letter', numPartitions: 12, replicationFactor: 3, configEntries: [policy, { name: 'max.message.bytes', value: '3065536' }] }
  ], 'a dead letter is larger than its original')
  t.same(messages(), ['topics created'])
})

t.test('what hinders creation is told, and tried again', async t => {
  const admin = new FakeAdmin()
  const error = (type: string) => Object.assign(new Error(type), { type })
  const aggregate = new kafkajs.KafkaJSAggregateError('Topic creation errors', [error('TOPIC_ALREADY_EXISTS'), error('INVALID_REPLICATION_FACTOR')])
  admin.failures.push(...Array(5).fill(undefined), aggregate)
  const { done, messages } = start(admin, { CREATE_TOPICS: 'true' })
  await done
  t.same(messages(), ['topics cannot be created: there are fewer brokers than TOPIC_REPLICATION_FACTOR', 'topics created'])
})

t.test('settings that would lose decisions are warned of', async t => {
  const admin = new FakeAdmin()
  for (const name of TOPICS) admin.topics.set(name, topic())
  admin.topics.set('inquiry-classes', topic(6, { 'cleanup.policy': 'compact,delete' }))
  const { done, lines } = start(admin)
  await done
  t.match(lines, [
    { level: 'warn', topic: 'inquiry-classes', msg: /cleanup.policy should be delete/ },
    { level: 'warn', topic: 'inquiries.dead-letter', msg: /max.message.bytes/ }
  ])
  admin.failures.push(...Array(5).fill(undefined), protocolError('TOPIC_AUTHORIZATION_FAILED', 'Not authorized'))
  const blind = start(admin)
  t.ok(await blind.done, 'settings that may not be read stop nothing')
  t.same(blind.lines, [])
})

t.test('a refusal for good ends the wait', async t => {
  const admin = new FakeAdmin()
  admin.failures.push(named('KafkaJSSASLAuthenticationError', 'SASL SCRAM SHA512 authentication failed'))
  await t.rejects(start(admin).done, { message: /^Kafka refuses the adapter: SASL SCRAM SHA512 authentication failed \(KAFKA_SASL_MECHANISM/ })
})

t.test('connection failures name what may be wrong', async t => {
  const failures: Array<[Error, RegExp]> = [
    [new kafkajs.KafkaJSConnectionError('Connection error: self-signed certificate in certificate chain', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), /KAFKA_SSL_CA_FILE/],
    [new kafkajs.KafkaJSNumberOfRetriesExceeded(named('KafkaJSConnectionClosedError', 'Closed connection'), { retryCount: 0, retryTime: 1 }), /KAFKA_SSL and KAFKA_SASL_MECHANISM/],
    [protocolError('TOPIC_AUTHORIZATION_FAILED', 'Not authorized to access topics'), /ACL/]
  ]
  for (const [failure, hint] of failures) {
    const admin = new FakeAdmin()
    for (const name of TOPICS) admin.topics.set(name, topic(6, { 'max.message.bytes': '1114124' }))
    admin.topics.set('inquiries', topic())
    admin.failures.push(failure)
    const { done, messages } = start(admin)
    await done
    t.match(messages(), [hint])
  }
})

t.test('a shutdown ends the wait at once, whatever it waits for', async t => {
  for (const wait of ['connection', 'topics'] as const) {
    const admin = new FakeAdmin()
    if (wait === 'connection') admin.connect = async () => await new Promise(() => {})
    const controller = new AbortController()
    const { done } = start(admin, {}, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('SIGTERM')), 20)
    await t.rejects(done, { message: 'SIGTERM' }, wait)
  }
})
