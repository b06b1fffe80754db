import type { Admin } from 'kafkajs'
import type { Logger } from 'pino'
import type { OwnedPartition } from './owned-partition.ts'

export interface LagMonitorOptions {
  /** Its own, which is connected anew after a failure: an admin keeps what it knows of leaders whatever the brokers answer. */
  readonly admin: Pick<Admin, 'connect' | 'disconnect' | 'fetchOffsets' | 'fetchTopicOffsets'>
  readonly groupId: string
  readonly topic: string
  readonly partitions: () => OwnedPartition[]
  readonly log: Logger
  /** Time between looks, in milliseconds. @default 5000 */
  readonly intervalMs?: number
}

/** Looks where the partitions end, also while nothing is read of them: full, paused or not open yet, their lag grows. */
export class LagMonitor {
  readonly #options: LagMonitorOptions
  #timer: NodeJS.Timeout | undefined
  #isConnected = false
  #isLooking = false

  constructor (options: LagMonitorOptions) {
    this.#options = options
  }

  start (): void {
    this.#timer = setInterval(() => { this.#look().catch(() => {}) }, this.#options.intervalMs ?? 5_000)
  }

  async close (): Promise<void> {
    clearInterval(this.#timer)
    await this.#options.admin.disconnect().catch(() => {})
  }

  /** Each request within it ends after the client's own time at the latest; until then there is no second one. */
  async #look (): Promise<void> {
    const { admin, groupId, topic, partitions, log } = this.#options
    if (this.#isLooking || partitions().length === 0) return
    this.#isLooking = true
    try {
      if (!this.#isConnected) {
        await admin.disconnect()
        await admin.connect()
      }
      this.#isConnected = true
      const [committed, ends] = await Promise.all([admin.fetchOffsets({ groupId, topics: [topic] }), admin.fetchTopicOffsets(topic)])
      const positions = new Map(committed.flatMap(({ partitions }) => partitions).map(({ partition, offset }) => [partition, Number(offset)]))
      const ranges = new Map(ends.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]))
      for (const partition of partitions()) {
        const range = ranges.get(partition.number)
        if (range) partition.sawRange({ ...range, committed: positions.get(partition.number) ?? -1 })
      }
    } catch (err) {
      this.#isConnected = false
      log.debug({ err }, 'could not look up the lag')
    } finally {
      this.#isLooking = false
    }
  }
}
