import { EventEmitter } from 'node:events'
import type { ConsumerRunConfig, EachBatchPayload, Message } from 'kafkajs'
import type { KafkaClient } from '../../../adapter/client/index.ts'
import type { DecisionMessage } from '../../../openapi/index.ts'

export type Health = 'works' | 'refuses' | 'hangs'

const events = { GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', CRASH: 'crash' }

/**
 * Kafka as kafkajs shows it, in memory, with the habits that matter: a consumer starts at the end of each partition as
 * it is when the group has formed, and does so again at each assignment, unless it is told a position.
 */
export class FakeKafka {
  /** Of the whole cluster; what hangs goes on when this becomes another. */
  readonly #changes = new EventEmitter().setMaxListeners(0)
  #health: Health
  /** Of `send` alone: each call takes one; an error is thrown. */
  readonly sendOutcomes: Array<Error | Promise<void>> = []
  /** What the producer was given, whether it was accepted or not. */
  readonly sends: Message[] = []
  readonly results: Array<Array<Buffer | null>>
  readonly consumers: FakeConsumer[] = []
  /** No group is formed while true. */
  #joinsAreHeld = false
  /** Nobody is told where partitions end while true. */
  #endsAreHeld = false
  openConnections = 0

  constructor ({ health = 'works', partitions = 2 }: { health?: Health, partitions?: number } = {}) {
    this.#health = health
    this.results = Array.from({ length: partitions }, () => [])
  }

  get client (): KafkaClient { return this as unknown as KafkaClient }
  get health (): Health { return this.#health }
  set health (health: Health) {
    this.#health = health
    this.#changes.emit('change')
  }

  get joinsAreHeld (): boolean { return this.#joinsAreHeld }
  set joinsAreHeld (held: boolean) {
    this.#joinsAreHeld = held
    this.#changes.emit('change')
  }

  get endsAreHeld (): boolean { return this.#endsAreHeld }
  set endsAreHeld (held: boolean) {
    this.#endsAreHeld = held
    this.#changes.emit('change')
  }

  /** Passes when the cluster answers, and fails when it refuses. */
  async answer (): Promise<void> {
    while (this.#health === 'hangs') await this.#change()
    if (this.#health === 'refuses') throw Object.assign(new Error('connect ECONNREFUSED'), { name: 'KafkaJSConnectionError', code: 'ECONNREFUSED' })
  }

  async formGroup (): Promise<void> {
    while (this.#joinsAreHeld) await this.#change()
  }

  /** Writes a result. */
  write (result: DecisionMessage | Buffer | null, partition = 0): void {
    this.results[partition]!.push(result === null || Buffer.isBuffer(result) ? result : Buffer.from(JSON.stringify(result)))
    this.#changes.emit('change')
    for (const consumer of this.consumers) consumer.pump()
  }

  /** Resolves with the n-th record that is given to the producer. */
  async nthSend (count: number): Promise<Message> {
    while (this.sends.length < count) await this.#change()
    return this.sends[count - 1]!
  }

  producer () {
    return {
      ...this.#connection(),
      send: async ({ messages }: { messages: Message[] }) => {
        this.sends.push(...messages)
        this.#changes.emit('change')
        const outcome = this.sendOutcomes.shift()
        if (outcome instanceof Error) throw outcome
        await (outcome ?? this.answer())
      }
    }
  }

  admin () {
    return {
      ...this.#connection(),
      fetchTopicOffsets: async () => {
        while (this.#endsAreHeld) await this.#change()
        return this.results.map((log, partition) => ({ partition, offset: String(log.length) }))
      }
    }
  }

  consumer () {
    const consumer = new FakeConsumer(this, this.#connection())
    this.consumers.push(consumer)
    return consumer
  }

  #connection () {
    let isOpen = false
    return {
      connect: async () => {
        await this.answer()
        isOpen = true
        this.openConnections++
      },
      disconnect: async () => {
        while (this.#health === 'hangs') await this.#change()
        if (isOpen) this.openConnections--
        isOpen = false
      }
    }
  }

  async #change (): Promise<void> {
    await new Promise(resolve => this.#changes.once('change', resolve))
  }
}

class FakeConsumer {
  readonly events = events
  readonly connect: () => Promise<void>
  readonly disconnect: () => Promise<void>
  readonly #kafka: FakeKafka
  readonly #emitter = new EventEmitter()
  #positions: number[] = []
  #eachBatch: ConsumerRunConfig['eachBatch']
  #pumping = Promise.resolve()

  constructor (kafka: FakeKafka, { connect, disconnect }: { connect: () => Promise<void>, disconnect: () => Promise<void> }) {
    this.#kafka = kafka
    this.connect = connect
    this.disconnect = async () => {
      this.#eachBatch = undefined
      await disconnect()
    }
  }

  on (event: string, listener: (event: unknown) => void): void { this.#emitter.on(event, listener) }
  async subscribe (): Promise<void> {}
  seek ({ partition, offset }: { partition: number, offset: string }): void { this.#positions[partition] = Number(offset) }

  async run ({ eachBatch }: ConsumerRunConfig): Promise<void> {
    await this.#kafka.formGroup()
    this.#eachBatch = eachBatch
    this.rejoin()
  }

  /** The group gives out its partitions anew. */
  rejoin (): void {
    this.#positions = this.#kafka.results.map(log => log.length)
    this.#emitter.emit(events.GROUP_JOIN, { payload: { memberAssignment: { 'inquiry-classes': this.#kafka.results.map((_log, partition) => partition) } } })
    this.pump()
  }

  heartbeat (): void { this.#emitter.emit(events.HEARTBEAT, {}) }

  crash (): void {
    this.#eachBatch = undefined
    this.#emitter.emit(events.CRASH, { payload: { error: new Error('coordinator lost') } })
  }

  pump (): void {
    this.#pumping = this.#pumping.then(async () => {
      for (const [partition, log] of this.#kafka.results.entries()) {
        const from = this.#positions[partition]!
        if (!this.#eachBatch || from >= log.length) continue
        const messages = log.slice(from).map((value, index) => ({ value, offset: String(from + index) }))
        this.#positions[partition] = log.length
        const last = String(log.length - 1)
        await this.#eachBatch({ batch: { partition, messages, lastOffset: () => last } } as unknown as EachBatchPayload)
      }
    })
  }
}
