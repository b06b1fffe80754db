import t from 'tap'
import { ConfigSchema, listOf, readConfig } from '../../api/config.ts'

t.test('an empty environment gives safe defaults', async t => {
  const config = readConfig({})
  t.same(Object.keys(config).sort(), Object.keys(ConfigSchema.properties).sort())
  t.match(config, {
    HOST: '127.0.0.1', PORT: 3000, API_KEYS: '', RATE_LIMIT_PER_MINUTE: 0, CORS_ORIGINS: '', TRUST_PROXY: false, MAX_REQUEST_TIMEOUT_MS: 10_000, LOG_LEVEL: 'info'
  }, 'reachable from this machine only, no other origin, no proxy trusted')
})

t.test('an empty variable means its default, as compose files and .env files set them', async t => {
  t.same(readConfig({ PORT: '', API_KEYS: '', TRUST_PROXY: '' }), readConfig({}))
})

t.test('variables are read as what they are, and foreign ones not at all', async t => {
  const config = readConfig({ PORT: '0', TRUST_PROXY: 'true', MAX_QUEUE: '7', LOG_LEVEL: 'debug', HOST: '0.0.0.0', PATH: '/bin', port: '9' })
  t.same(config, { ...readConfig({}), PORT: 0, TRUST_PROXY: true, MAX_QUEUE: 7, LOG_LEVEL: 'debug', HOST: '0.0.0.0' })
})

t.test('an unusable value is refused by the name of its variable', async t => {
  const unusable: Record<string, string> = {
    PORT: '65536', LOG_LEVEL: 'loud', INFERENCE_WORKERS: '-1', MAX_QUEUE: '0', MAX_REQUEST_TIMEOUT_MS: '1.5', BODY_TIMEOUT_MS: 'soon', MAX_BODY_BYTES: '10', TRUST_PROXY: 'maybe'
  }
  for (const [name, value] of Object.entries(unusable)) t.throws(() => readConfig({ [name]: value }), { message: new RegExp(`\\b${name}\\b`) }, `${name}=${value}`)
  const message = messageOf(unusable)
  t.same(Object.keys(unusable).filter(name => !message.includes(name)), [], 'all of them at once')
})

t.test('an error does not repeat a value, which may be a secret', async t => {
  t.match(messageOf({ MAX_QUEUE: 'hunter2' }), /MAX_QUEUE/)
  t.notMatch(messageOf({ MAX_QUEUE: 'hunter2', API_KEYS: 'hunter2' }), /hunter2/)
})

function messageOf (environment: Record<string, string>): string {
  try {
    readConfig(environment)
    return ''
  } catch (error) {
    return String(error)
  }
}

t.test('lists are separated by commas', async t => {
  t.same(listOf(''), [])
  t.same(listOf(' a, b,,c ,'), ['a', 'b', 'c'])
})
