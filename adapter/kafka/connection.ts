import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import type { KafkaConfig, Mechanism, RetryOptions, SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import { brokersOf } from '../config-conflicts.ts'
import type { AdapterConfig } from '../config.ts'
import { createKafkaLogger, kafkaLogLevel } from './logging.ts'
import { oauthBearer } from './oauth-bearer.ts'
import { createTokenSource } from './oauth-token.ts'
import { openSocket } from './socket.ts'

export interface ConnectionOptions {
  /** How long opening a connection may take, TLS included, in milliseconds. @default 3000 */
  readonly connectionTimeoutMs?: number
  /** How long a broker may take to answer; a producer that asks again after less than the brokers need has duplicates. @default 5000 */
  readonly requestTimeoutMs?: number
  /** @default KEEP_TRYING */
  readonly retry?: RetryOptions
}

/**
 * For consumers and producers: an outage of hours is sat out. With the few retries of kafkajs a consumer crashes within
 * seconds, and coming back under a new member id it waits for its former self to time out of the group.
 */
export const KEEP_TRYING: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 100_000 }

/** For the start, where each failure is to be told (`ensureTopics`). */
export const TRY_ONCE: RetryOptions = { retries: 0 }

/**
 * The options of `new Kafka(…)`: where the brokers are, TLS and SASL, and how patient to be.
 * @throws an error that names the variable when a certificate or key is not usable
 */
export function kafkaOptions (config: AdapterConfig, log: Logger, options: ConnectionOptions = {}): KafkaConfig {
  const { connectionTimeoutMs = 3_000, requestTimeoutMs = 5_000, retry = KEEP_TRYING } = options
  const sasl = saslOptions(config)
  if (sasl && !config.KAFKA_SSL) log.warn({ mechanism: sasl.mechanism }, 'KAFKA_SASL_MECHANISM without KAFKA_SSL=true: the network can read what is sent to Kafka')
  return {
    clientId: config.KAFKA_CLIENT_ID,
    brokers: brokersOf(config.KAFKA_BROKERS),
    ssl: tlsOptions(config),
    ...(sasl && { sasl }),
    socketFactory: openSocket,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    logLevel: kafkaLogLevel(log),
    logCreator: createKafkaLogger(log)
  }
}

function saslOptions (config: AdapterConfig): SASLOptions | Mechanism | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config
  if (mechanism === '') return undefined
  if (mechanism === 'oauthbearer') return oauthBearer(createTokenSource(config))
  const options: SASLOptions = { mechanism, username, password }
  return options
}

const PEM_FILES = { ca: 'KAFKA_SSL_CA_FILE', cert: 'KAFKA_SSL_CERT_FILE', key: 'KAFKA_SSL_KEY_FILE' } as const

function tlsOptions (config: AdapterConfig): tls.ConnectionOptions | boolean {
  if (!config.KAFKA_SSL) return false
  const files = Object.entries(PEM_FILES).filter(([, variable]) => config[variable] !== '')
  const pem: tls.SecureContextOptions = Object.fromEntries(files.map(([option, variable]) => [option, readPem(variable, config[variable])]))
  try {
    tls.createSecureContext(pem)
  } catch (error) {
    throw new Error(`${files.map(([, variable]) => variable).join(', ')}: not usable for TLS (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
  return files.length > 0 ? pem : true
}

/** Node takes authorities that it cannot read for none at all, and then every broker for a stranger. */
function readPem (variable: string, path: string): string {
  const pem = readFileSync(path, 'utf8')
  if (variable !== PEM_FILES.key && !isCertificate(pem)) throw new Error(`${variable} is not a certificate in PEM`)
  return pem
}

function isCertificate (pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
