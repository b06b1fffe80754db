import type { Message, Producer, RecordMetadata } from 'kafkajs'

export interface MergedSendsOptions {
  readonly producer: Pick<Producer, 'send' | 'sendBatch'>
  /** Least time between two requests, in milliseconds. @default 15 */
  readonly intervalMs?: number
  /** A request that takes longer is taken for stuck, in milliseconds. @default 1000 */
  readonly stuckMs?: number
  /** For how long nothing is merged after a request that failed or was stuck, in milliseconds. @default 10000 */
  readonly apartMs?: number
}

interface Waiting {
  readonly topic: string
  readonly partition: number
  readonly messages: Message[]
  readonly resolve: (metadata: RecordMetadata[]) => void
  readonly reject: (error: unknown) => void
}

/** Of a request with records for several partitions it cannot be said which of them the brokers kept. */
export class MergedSendError extends Error {
  constructor (count: number, reason: unknown) {
    super(`a request for ${count} partitions failed: ${String(reason)}`)
  }
}

/**
 * Sends what goes to several partitions at the same moment in one produce request. Each request costs both ends most of
 * a millisecond of processor time, whatever is in it; a decision alone in its request costs a tenth of making it.
 *
 * After a quiet spell a request goes at once; under load there is one every `intervalMs`. When one fails or is stuck,
 * partitions are on their own for a while, so that none waits for another's leader.
 */
export class MergedSends implements Pick<Producer, 'send'> {
  readonly #producer: Pick<Producer, 'send' | 'sendBatch'>
  readonly #intervalMs: number
  readonly #stuckMs: number
  readonly #apartMs: number
  #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined
  #lastAt = -Infinity
  #apartUntil = -Infinity

  constructor ({ producer, intervalMs = 15, stuckMs = 1_000, apartMs = 10_000 }: MergedSendsOptions) {
    this.#producer = producer
    this.#intervalMs = intervalMs
    this.#stuckMs = stuckMs
    this.#apartMs = apartMs
  }

  /** As kafkajs's own; merged are sends of which each has records for one partition that it names. */
  readonly send: Producer['send'] = async record => {
    const { topic, messages } = record
    const partition = messages[0]?.partition
    if (partition === undefined || performance.now() < this.#apartUntil) return await this.#producer.send(record)
    return await new Promise<RecordMetadata[]>((resolve, reject) => {
      this.#waiting.push({ topic, partition, messages, resolve, reject })
      this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#lastAt + this.#intervalMs - performance.now()))
    })
  }

  #flush (): void {
    const together = this.#waiting
    this.#waiting = []
    this.#timer = undefined
    this.#lastAt = performance.now()
    const stuck = setTimeout(() => this.#part(), this.#stuckMs)
    this.#producer.sendBatch({ acks: -1, topicMessages: together.map(({ topic, messages }) => ({ topic, messages })) }).then(metadata => {
      for (const { topic, partition, resolve } of together) resolve(metadata.filter(each => each.topicName === topic && each.partition === partition))
    }, err => {
      this.#part()
      const reason = together.length === 1 ? err : new MergedSendError(together.length, err)
      for (const { reject } of together) reject(reason)
    }).finally(() => clearTimeout(stuck))
  }

  #part (): void {
    this.#apartUntil = performance.now() + this.#apartMs
  }
}
