import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { stopIdlePolling } from '../kafka/idle-polling.ts'
import { openSocket } from '../kafka/socket.ts'
import { InquiryClientError } from './errors.ts'

/** What this library uses of a `Kafka`. */
export type KafkaClient = Pick<Kafka, 'admin' | 'consumer' | 'producer'>

/**
 * Few attempts within kafkajs, as each is finished by the time the next deadline comes and none outlives `stop` for
 * long; this library tries again for ever. Its log is left out: it calls what it then retries an error, and `onError`
 * is told all that matters.
 */
const DEFAULTS = {
  clientId: 'inquiry-client',
  connectionTimeout: 3_000,
  requestTimeout: 5_000,
  retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 },
  logLevel: logLevel.NOTHING
}

/**
 * Makes the connection's description; nothing is opened yet.
 * @throws ERR_INVALID_OPTIONS when no broker is named
 */
export function kafkaFrom (kafka: KafkaConfig | KafkaClient): KafkaClient {
  try {
    stopIdlePolling()
  } catch {} // another kafkajs than the one it fits: it costs a few percent of a core, and nothing else
  if ('producer' in kafka) return kafka
  if (typeof kafka.brokers !== 'function' && !(Array.isArray(kafka.brokers) && kafka.brokers.length > 0)) {
    throw new InquiryClientError('ERR_INVALID_OPTIONS', { detail: 'kafka.brokers names no broker' })
  }
  return new Kafka({ socketFactory: openSocket, ...DEFAULTS, ...kafka })
}
