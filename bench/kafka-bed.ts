import { Kafka, Partitioners, type Producer, logLevel } from 'kafkajs'
import { openProgram } from '../conformance/kafka-program.ts'
import { ResultsReader } from '../conformance/results-reader.ts'
import { KafkaCluster } from '../scripts/kafka/cluster.ts'

const PARTITIONS = 6
const MOST_IN_REQUEST = 1_000
const READ_LIMIT_MS = 300_000

/** Fresh topics on a real broker, and the broker's own clock for what passes through them. */
export interface Topics {
  /** Settings that tell an adapter of them. */
  readonly environment: Record<string, string>
  readonly inquiries: string
  readonly results: string
}

/** When an inquiry and its decision were appended to their topics, by the broker's clock, in epoch milliseconds. */
export interface Passage {
  readonly inquiryAt: number
  readonly resultAt: number
  readonly reason: string | null
}

/** A broker, and a producer and a reader of its topics. The reader is kcat, which shares no code with the adapter. */
export class KafkaBed {
  readonly #cluster: KafkaCluster
  readonly #kafka: Kafka
  readonly #producer: Producer
  #topics = 0
  /** Every inquiry has an id of its own: a second one with the same would get no decision. */
  #inquiries = 0

  static async start (): Promise<KafkaBed> {
    const bed = new KafkaBed(await KafkaCluster.start())
    await bed.#producer.connect()
    return bed
  }

  private constructor (cluster: KafkaCluster) {
    this.#cluster = cluster
    this.#kafka = new Kafka({ clientId: 'bench', brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING })
    this.#producer = this.#kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  }

  /** @param stampedBy `broker`: the time of an inquiry is when it was appended; `sender`: what the sender says */
  async createTopics (stampedBy: 'broker' | 'sender' = 'broker'): Promise<Topics> {
    const run = `bench-${++this.#topics}`
    const names = { inquiries: `${run}.inquiries`, results: `${run}.classes`, late: `${run}.late`, deadLetters: `${run}.dead-letter` }
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.createTopics({
      topics: Object.values(names).map(topic => ({
        topic,
        numPartitions: PARTITIONS,
        configEntries: [{ name: 'message.timestamp.type', value: topic === names.inquiries && stampedBy === 'sender' ? 'CreateTime' : 'LogAppendTime' }]
      }))
    })
    await admin.disconnect()
    const { inquiries, results } = names
    return {
      inquiries,
      results,
      environment: {
        KAFKA_BROKERS: this.#cluster.bootstrap,
        CONSUMER_GROUP: run,
        INQUIRY_TOPIC: inquiries,
        RESULT_TOPIC: results,
        LATE_TOPIC: names.late,
        DEAD_LETTER_TOPIC: names.deadLetters
      }
    }
  }

  /** Sends inquiries as fast as they go. @param timestamp of each, where it is not now */
  async sendAll ({ inquiries }: Topics, texts: readonly string[], count: number, timestamp?: number): Promise<void> {
    for (let sent = 0; sent < count; sent += MOST_IN_REQUEST) {
      const messages = Array.from({ length: Math.min(MOST_IN_REQUEST, count - sent) }, () => this.#inquiry(texts))
      await this.#producer.send({ topic: inquiries, messages: timestamp === undefined ? messages : messages.map(message => ({ ...message, timestamp: String(timestamp) })) })
    }
  }

  /** Sends inquiries one by one at a steady rate. */
  async sendSteadily ({ inquiries }: Topics, texts: readonly string[], ratePerSecond: number, durationMs: number): Promise<number> {
    const total = Math.floor(ratePerSecond * durationMs / 1e3)
    const startedAt = performance.now()
    const pending: Array<Promise<unknown>> = []
    while (pending.length < total) {
      const due = Math.min(total, Math.floor((performance.now() - startedAt) * ratePerSecond / 1e3))
      while (pending.length < due) pending.push(this.#producer.send({ topic: inquiries, messages: [this.#inquiry(texts)] }))
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    await Promise.all(pending)
    return total
  }

  #inquiry (texts: readonly string[]): { key: string, value: string } {
    const number = this.#inquiries++
    const id = `bench-${number}`
    return { key: id, value: JSON.stringify({ id, text: texts[number % texts.length] }) }
  }

  /** Waits until so many inquiries are decided. */
  async untilDecided ({ results }: Topics, count: number, limitMs: number): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    const giveUpAt = performance.now() + limitMs
    for (let decided = 0; decided < count;) {
      if (performance.now() > giveUpAt) throw new Error(`${decided} of ${count} inquiries were decided within ${limitMs / 1e3} s`)
      await new Promise(resolve => setTimeout(resolve, 200))
      decided = (await admin.fetchTopicOffsets(results)).reduce((sum, { high }) => sum + Number(high), 0)
    }
    await admin.disconnect()
  }

  /** The times of every inquiry and its first decision. */
  async passages ({ inquiries, results }: Topics): Promise<Passage[]> {
    const reader = new ResultsReader({ program: await openProgram(this.#cluster.bootstrap), signal: AbortSignal.timeout(READ_LIMIT_MS) })
    const sent = new Map<string, number>()
    await reader.readAll(inquiries, ({ key, timestamp }) => sent.set(String(key), timestamp))
    const passages = new Map<string, Passage>()
    await reader.readAll(results, ({ key, timestamp, value }) => {
      const id = String(key)
      if (!passages.has(id)) passages.set(id, { inquiryAt: sent.get(id)!, resultAt: timestamp, reason: (JSON.parse(String(value)) as { reason: string | null }).reason })
    })
    return [...passages.values()]
  }

  async close (): Promise<void> {
    await this.#producer.disconnect()
    await this.#cluster.close()
  }
}
