import { Kafka, type PartitionMetadata, logLevel } from 'kafkajs'
import { waitUntil } from './wait.ts'

export interface Topics {
  readonly inquiries: string
  readonly results: string
  readonly late: string
  readonly deadLetters: string
}

export interface TopicAdminOptions {
  readonly bootstrap: string
  readonly signal: AbortSignal
}

/** Of every topic but the one for dead letters. */
export const PARTITIONS = 6
const LEADER_LIMIT_MS = 60_000

/** The topics of one scenario, and what Kafka says of them. */
export class TopicAdmin {
  readonly #admin
  readonly #signal: AbortSignal

  static async connect (options: TopicAdminOptions): Promise<TopicAdmin> {
    const topics = new TopicAdmin(options)
    await topics.#admin.connect()
    return topics
  }

  private constructor ({ bootstrap, signal }: TopicAdminOptions) {
    this.#signal = signal
    const kafka = new Kafka({ clientId: 'conformance', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING, connectionTimeout: 3_000, retry: { maxRetryTime: 1_000, retries: 5 } })
    this.#admin = kafka.admin()
  }

  /** Creates fresh topics. The broker's clock stamps the results: it says when a decision was there to be read. */
  async create (run: string): Promise<Topics> {
    const topics = { inquiries: `${run}.inquiries`, results: `${run}.classes`, late: `${run}.classes.late`, deadLetters: `${run}.dead-letter` }
    const stampedByBroker = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    await this.#admin.createTopics({
      waitForLeaders: false, // kafkajs gives up where a broker does not know the topic yet
      topics: [
        { topic: topics.inquiries, numPartitions: PARTITIONS },
        { topic: topics.results, numPartitions: PARTITIONS, configEntries: stampedByBroker },
        { topic: topics.late, numPartitions: PARTITIONS, configEntries: stampedByBroker },
        { topic: topics.deadLetters, numPartitions: 1, configEntries: stampedByBroker }
      ]
    })
    await this.#untilPartitions(Object.values(topics), ({ leader }) => leader !== -1, 'the new topics to have leaders')
    return topics
  }

  async remove (topics: Topics): Promise<void> {
    await this.#admin.deleteTopics({ topics: Object.values(topics) })
  }

  /** Node id of the broker that leads partition 0. */
  async leaderOf (topic: string): Promise<number> {
    const { topics: [metadata] } = await this.#admin.fetchTopicMetadata({ topics: [topic] })
    const leader = metadata?.partitions.find(({ partitionId }) => partitionId === 0)?.leader
    if (leader === undefined) throw new Error(`${topic} has no leader`)
    return leader
  }

  /** Waits until every partition can be written to without this broker. */
  async untilWorksWithout (broker: number, { inquiries, results }: Topics): Promise<void> {
    await this.#untilPartitions([inquiries, results], ({ leader, isr }) => leader !== -1 && leader !== broker && !isr.includes(broker), 'new leaders')
  }

  async close (): Promise<void> {
    await this.#admin.disconnect()
  }

  async #untilPartitions (topics: string[], areFine: (partition: PartitionMetadata) => boolean, what: string): Promise<void> {
    await waitUntil(async () => {
      const metadata = await this.#admin.fetchTopicMetadata({ topics }).catch(() => undefined)
      return metadata?.topics.every(({ partitions }) => partitions.length > 0 && partitions.every(areFine)) ?? false
    }, { what, limitMs: LEADER_LIMIT_MS, signal: this.#signal })
  }
}
