import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import pino from 'pino'
import type { AdapterConfig } from '../../adapter/config.ts'
import { kafkaOptions } from '../../adapter/kafka/connection.ts'

/** How to reach the cluster of the adapter's configuration, without opinions on retries and logs. */
export function connectionOf (config: AdapterConfig): Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl' | 'socketFactory'> {
  const { brokers, ssl, sasl, socketFactory } = kafkaOptions(config, pino({ level: 'silent' }))
  return { brokers, ...(ssl !== undefined && { ssl }), ...(sasl && { sasl }), ...(socketFactory && { socketFactory }) }
}

/**
 * Removes topics and the consumer group that a run made for itself on somebody's cluster.
 * @throws when the cluster does not let it
 */
export async function removeOwn ({ config, names }: { config: AdapterConfig, names: readonly string[] }): Promise<void> {
  const { CONSUMER_GROUP, INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC } = config
  const admin = new Kafka({ clientId: 'inquiry-demo', ...connectionOf(config), logLevel: logLevel.NOTHING, connectionTimeout: 2_000, requestTimeout: 5_000, retry: { retries: 1 } }).admin()
  try {
    await admin.connect()
    const existing = await admin.listTopics()
    const topics = [INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC].filter(topic => names.includes(topic) && existing.includes(topic))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    if (names.includes(CONSUMER_GROUP)) await admin.deleteGroups([CONSUMER_GROUP])
  } finally {
    await admin.disconnect()
  }
}
