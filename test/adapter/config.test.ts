import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { brokersOf } from '../../adapter/config-conflicts.ts'
import { AdapterConfigSchema, readAdapterConfig } from '../../adapter/config.ts'

type Environment = Record<string, string>

function messageOf (environment: Environment): string {
  try {
    readAdapterConfig(environment)
    return ''
  } catch (error) {
    return String(error)
  }
}

t.test('an empty environment gives defaults for a broker and an API on this machine', async t => {
  const config = readAdapterConfig({})
  t.same(Object.keys(config).sort(), Object.keys(AdapterConfigSchema.properties).sort())
  t.match(config, {
    KAFKA_BROKERS: '127.0.0.1:9092',
    KAFKA_SSL: false,
    KAFKA_SASL_MECHANISM: '',
    CONSUMER_GROUP: 'inquiry-adapter',
    INQUIRY_TOPIC: 'inquiries',
    RESULT_TOPIC: 'inquiry-classes',
    LATE_TOPIC: 'inquiry-classes.late',
    DEAD_LETTER_TOPIC: 'inquiries.dead-letter',
    CREATE_TOPICS: false,
    INQUIRY_TIMEOUT_MS: 10_000,
    CLASSIFY_URL: 'http://127.0.0.1:3000/classify',
    HEALTH_HOST: '127.0.0.1'
  })
  t.same(readAdapterConfig({ KAFKA_SASL_MECHANISM: '', KAFKA_SSL: '', MAX_IN_FLIGHT: '', PATH: '/bin' }), config, 'an empty variable means its default, a foreign one nothing')
})

t.test('every variable is described', async t => {
  const undescribed = Object.entries(AdapterConfigSchema.properties as Record<string, { description?: string }>).filter(([, { description }]) => !description?.endsWith('.'))
  t.same(undescribed.map(([name]) => name), [])
})

t.test('an unusable value is refused by the name of its variable, and never repeated', async t => {
  const unusable: Environment = {
    KAFKA_SASL_MECHANISM: 'hunter2',
    KAFKA_SSL: 'hunter2',
    INQUIRY_TOPIC: 'hunter2 hunter2',
    RESULT_TOPIC: '..',
    INQUIRY_TIMEOUT_MS: '0',
    CLASSIFY_CONCURRENCY: '1.5',
    CLASSIFY_API_KEY: 'hunter2 hunter2',
    BREAKER_ERROR_PERCENT: '101',
    HEALTH_PORT: '65536',
    LOG_LEVEL: 'hunter2'
  }
  const message = messageOf(unusable)
  t.same(Object.keys(unusable).filter(name => !message.includes(name)), [], 'all of them at once')
  t.notMatch(message, /hunter2/)
})

t.test('values that do not go together are refused, all at once', async t => {
  const folder = t.testdir({ 'cert.pem': 'x' })
  const file = join(folder, 'cert.pem')
  const cases: Array<[Environment, RegExp]> = [
    [{ KAFKA_BROKERS: 'broker' }, /KAFKA_BROKERS/],
    [{ KAFKA_BROKERS: 'a:9092,b:99999' }, /KAFKA_BROKERS/],
    [{ KAFKA_BROKERS: 'http://a:9092' }, /KAFKA_BROKERS/],
    [{ KAFKA_BROKERS: ' , ' }, /KAFKA_BROKERS/],
    [{ KAFKA_SSL_CA_FILE: file }, /KAFKA_SSL_CA_FILE has no effect without KAFKA_SSL/],
    [{ KAFKA_SSL: 'true', KAFKA_SSL_CERT_FILE: file }, /KAFKA_SSL_KEY_FILE must be set together/],
    [{ KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: join(folder, 'none.pem') }, /KAFKA_SSL_CA_FILE cannot be read \(ENOENT\)/],
    [{ KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: folder }, /KAFKA_SSL_CA_FILE cannot be read \(EISDIR\)/],
    [{ KAFKA_SASL_USERNAME: 'app', KAFKA_SASL_PASSWORD: 'hunter2' }, /KAFKA_SASL_PASSWORD has no effect without KAFKA_SASL_MECHANISM/],
    [{ KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'app' }, /KAFKA_SASL_PASSWORD is needed/],
    [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'hunter2' }, /KAFKA_SASL_USERNAME is needed/],
    [{ KAFKA_SASL_MECHANISM: 'oauthbearer' }, /KAFKA_SASL_OAUTH_TOKEN_URL or KAFKA_SASL_OAUTH_TOKEN_FILE/],
    [{ KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_URL: 'https://id/token', KAFKA_SASL_OAUTH_TOKEN_FILE: file }, /either/],
    [{ KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_URL: 'https://id/token', KAFKA_SASL_OAUTH_CLIENT_ID: 'app' }, /KAFKA_SASL_OAUTH_CLIENT_SECRET is needed/],
    [{ KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_URL: 'id/token' }, /KAFKA_SASL_OAUTH_TOKEN_URL must be an http/],
    [{ KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_FILE: join(folder, 'none') }, /KAFKA_SASL_OAUTH_TOKEN_FILE cannot be read/],
    [{ CLASSIFY_URL: '127.0.0.1:3000/classify' }, /CLASSIFY_URL must be an http/],
    [{ CLASSIFY_URL: 'http://user:hunter2@api/classify' }, /CLASSIFY_URL must not hold credentials/],
    [{ LATE_TOPIC: 'inquiries' }, /INQUIRY_TOPIC, LATE_TOPIC must be different/],
    [{ TOPIC_REPLICATION_FACTOR: '0' }, /TOPIC_REPLICATION_FACTOR/],
    [{ MAX_IN_FLIGHT: '10' }, /MAX_IN_FLIGHT must be at least CLASSIFY_CONCURRENCY/]
  ]
  for (const [environment, message] of cases) t.match(messageOf(environment), message, JSON.stringify(environment))
  const all = Object.assign({}, ...cases.map(([environment]) => environment)) as Environment
  t.ok(messageOf(all).split(';').length > 4, 'one sentence each')
  t.notMatch(cases.map(([environment]) => messageOf(environment)).join(), /hunter2/)
})

t.test('settings for each way to connect are taken', async t => {
  const folder = t.testdir()
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'token')
  writeFileSync(file, 'token')
  const fine: Environment[] = [
    { KAFKA_BROKERS: 'kafka-1.example:9092, kafka-2.example:9093,' },
    { KAFKA_SSL: 'true' },
    { KAFKA_SSL: 'true', KAFKA_SASL_MECHANISM: 'scram-sha-256', KAFKA_SASL_USERNAME: 'app', KAFKA_SASL_PASSWORD: 'p' },
    { KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_FILE: file },
    { KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_URL: 'https://id/token', KAFKA_SASL_OAUTH_CLIENT_ID: 'a', KAFKA_SASL_OAUTH_CLIENT_SECRET: 'b' }
  ]
  for (const environment of fine) t.equal(messageOf(environment), '', JSON.stringify(environment))
  t.same(brokersOf(fine[0]!.KAFKA_BROKERS!), ['kafka-1.example:9092', 'kafka-2.example:9093'])
})
