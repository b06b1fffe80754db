import { readFileSync } from 'node:fs'
import type { AdapterConfig } from './config.ts'

/** Variables whose values are fine by themselves and not together, one sentence each; no value is repeated, it may be a secret. */
export function conflictsOf (config: AdapterConfig): string[] {
  return [...brokers(config), ...encryption(config), ...authentication(config), ...topics(config), ...classification(config)]
}

function brokers ({ KAFKA_BROKERS }: AdapterConfig): string[] {
  const list = brokersOf(KAFKA_BROKERS)
  return list.length > 0 && list.every(isAddress) ? [] : ['KAFKA_BROKERS must be a comma-separated list of host:port']
}

/** The entries of `KAFKA_BROKERS`. */
export function brokersOf (variable: string): string[] {
  return variable.split(',').map(entry => entry.trim()).filter(Boolean)
}

function isAddress (broker: string): boolean {
  const [, port] = /^[^\s:/]+:([0-9]{1,5})$/.exec(broker) ?? []
  return Number(port) > 0 && Number(port) < 65_536
}

const SSL_FILES = ['KAFKA_SSL_CA_FILE', 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'] as const

function encryption (config: AdapterConfig): string[] {
  const given = SSL_FILES.filter(name => config[name] !== '')
  if (!config.KAFKA_SSL) return given.map(name => `${name} has no effect without KAFKA_SSL=true`)
  return [
    ...((config.KAFKA_SSL_CERT_FILE === '') === (config.KAFKA_SSL_KEY_FILE === '') ? [] : ['KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE must be set together']),
    ...given.flatMap(name => unreadable(name, config[name]))
  ]
}

const SASL_USER = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const
const SASL_CLIENT = ['KAFKA_SASL_OAUTH_CLIENT_ID', 'KAFKA_SASL_OAUTH_CLIENT_SECRET'] as const
const SASL_OAUTH = ['KAFKA_SASL_OAUTH_TOKEN_URL', 'KAFKA_SASL_OAUTH_TOKEN_FILE', ...SASL_CLIENT, 'KAFKA_SASL_OAUTH_SCOPE'] as const

function authentication (config: AdapterConfig): string[] {
  const missing = (names: ReadonlyArray<keyof AdapterConfig>, where: string) => names.filter(name => config[name] === '').map(name => `${name} is needed ${where}`)
  const useless = (names: ReadonlyArray<keyof AdapterConfig>, where: string) => names.filter(name => config[name] !== '').map(name => `${name} has no effect ${where}`)

  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_OAUTH_TOKEN_URL: url, KAFKA_SASL_OAUTH_TOKEN_FILE: file } = config
  if (mechanism === '') return useless([...SASL_USER, ...SASL_OAUTH], 'without KAFKA_SASL_MECHANISM')
  if (mechanism !== 'oauthbearer') {
    return [...missing(SASL_USER, `for KAFKA_SASL_MECHANISM=${mechanism}`), ...useless(SASL_OAUTH, `with KAFKA_SASL_MECHANISM=${mechanism}`)]
  }
  const user = useless(SASL_USER, 'with KAFKA_SASL_MECHANISM=oauthbearer')
  if ((url === '') === (file === '')) return [...user, 'KAFKA_SASL_MECHANISM=oauthbearer needs either KAFKA_SASL_OAUTH_TOKEN_URL or KAFKA_SASL_OAUTH_TOKEN_FILE']
  if (file !== '') return [...user, ...unreadable('KAFKA_SASL_OAUTH_TOKEN_FILE', file)]
  return [...user, ...notHttp('KAFKA_SASL_OAUTH_TOKEN_URL', url), ...missing(SASL_CLIENT, 'for KAFKA_SASL_OAUTH_TOKEN_URL')]
}

const TOPICS = ['INQUIRY_TOPIC', 'RESULT_TOPIC', 'LATE_TOPIC', 'DEAD_LETTER_TOPIC'] as const

function topics (config: AdapterConfig): string[] {
  const same = TOPICS.filter(name => TOPICS.some(other => other !== name && config[other] === config[name]))
  return [
    ...(same.length > 0 ? [`${same.join(', ')} must be different topics`] : []),
    ...(config.TOPIC_REPLICATION_FACTOR === 0 ? ['TOPIC_REPLICATION_FACTOR must be at least 1, or -1 for the cluster\'s default'] : [])
  ]
}

function classification (config: AdapterConfig): string[] {
  return [
    ...notHttp('CLASSIFY_URL', config.CLASSIFY_URL),
    ...(config.MAX_IN_FLIGHT < config.CLASSIFY_CONCURRENCY ? ['MAX_IN_FLIGHT must be at least CLASSIFY_CONCURRENCY, or requests are never that many'] : [])
  ]
}

function notHttp (name: string, value: string): string[] {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return [`${name} must be an http:// or https:// URL`]
  return url.username || url.password ? [`${name} must not hold credentials`] : []
}

function unreadable (name: string, path: string): string[] {
  try {
    readFileSync(path)
    return []
  } catch (error) {
    return [`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`]
  }
}
