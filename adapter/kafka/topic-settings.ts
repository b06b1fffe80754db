import kafkajs, { type Admin } from 'kafkajs'
import type { Logger } from 'pino'
import type { AdapterConfig } from '../config.ts'

interface SettingsOptions {
  readonly admin: Pick<Admin, 'createTopics' | 'describeConfigs'>
  readonly config: AdapterConfig
  readonly log: Logger
}

/** Kafka's own default of `max.message.bytes`. */
const MAX_MESSAGE_BYTES = 1_048_588
/** A dead letter is its original and headers that say where that was and why it could not be read. */
const DEAD_LETTER_EXTRA_BYTES = 65_536

const CLEANUP_POLICY = 'cleanup.policy'
const MAX_MESSAGE = 'max.message.bytes'

/** Creates the topics that are missing, each with `cleanup.policy=delete`, and room for dead letters of the largest inquiries; false when another process was faster. */
export async function createTopics ({ admin, config, log, missing }: SettingsOptions & { readonly missing: readonly string[] }): Promise<boolean> {
  const { INQUIRY_TOPIC, DEAD_LETTER_TOPIC, TOPIC_PARTITIONS: numPartitions, TOPIC_REPLICATION_FACTOR: replicationFactor } = config
  const settings = missing.includes(INQUIRY_TOPIC) ? new Map<string, string>() : (await readSettings(admin, [INQUIRY_TOPIC])).get(INQUIRY_TOPIC)
  const inquiryBytes = Number(settings?.get(MAX_MESSAGE) ?? MAX_MESSAGE_BYTES)
  const isCreated = await admin.createTopics({
    waitForLeaders: false, // what is not there yet is looked for again
    topics: missing.map(topic => ({
      topic,
      numPartitions,
      replicationFactor,
      configEntries: [
        { name: CLEANUP_POLICY, value: 'delete' },
        ...(topic === DEAD_LETTER_TOPIC ? [{ name: MAX_MESSAGE, value: String(inquiryBytes + DEAD_LETTER_EXTRA_BYTES) }] : [])
      ]
    }))
  })
  if (isCreated) log.info({ topics: missing, partitions: numPartitions }, 'topics created')
  return isCreated
}

/** Warns where Kafka would throw decisions away or refuse a dead letter. Says nothing where the settings may not be read. */
export async function warnOfSettings ({ admin, config, log }: SettingsOptions): Promise<void> {
  const { INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC } = config
  const settings = await readSettings(admin, [INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC])
  for (const [topic, values] of settings) {
    if (values.get(CLEANUP_POLICY)?.includes('compact')) {
      log.warn({ topic, policy: values.get(CLEANUP_POLICY) }, 'cleanup.policy should be delete: a compacted topic keeps the last record of an id, and the first one is the decision')
    }
  }
  const [inquiryBytes, deadLetterBytes] = [INQUIRY_TOPIC, DEAD_LETTER_TOPIC].map(topic => Number(settings.get(topic)?.get(MAX_MESSAGE)))
  if (deadLetterBytes! < inquiryBytes! + DEAD_LETTER_EXTRA_BYTES) {
    log.warn({ topic: DEAD_LETTER_TOPIC, maxMessageBytes: deadLetterBytes, wanted: inquiryBytes! + DEAD_LETTER_EXTRA_BYTES }, 'max.message.bytes of the dead-letter topic is too small for the largest inquiries: the dead letter of one would only say where it is')
  }
}

/** By topic and setting; empty where they may not be read. */
async function readSettings (admin: SettingsOptions['admin'], topics: readonly string[]): Promise<Map<string, Map<string, string>>> {
  const query = topics.map(name => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: [CLEANUP_POLICY, MAX_MESSAGE] }))
  const { resources } = await admin.describeConfigs({ resources: query, includeSynonyms: false }).catch(() => ({ resources: [] }))
  return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]))]))
}
