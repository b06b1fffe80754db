import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaCluster } from '../scripts/kafka/cluster.ts'
import type { AdapterProcess } from './adapter-process.ts'
import type { Api } from './api.ts'
import { type Outage, type OutageOptions, makeOutage } from './outage.ts'

export interface StageOptions {
  readonly api: Api
  readonly cluster: Pick<KafkaCluster, 'nodes'>
  /** Share of the inquiries that were sent. */
  readonly progress: () => number
  readonly launchAdapter: () => Promise<AdapterProcess>
  readonly untilSent: (share: number) => Promise<void>
  /** Node id of the broker that leads the first partition of the results. */
  readonly leader: () => Promise<number>
  readonly untilWorksWithout: (broker: number) => Promise<void>
  readonly signal: AbortSignal
}

const SUPERVISION_MS = 250
const RESTART_MS = 1_000

/** What a scenario can do to the parts while inquiries are sent. */
export class Stage {
  readonly api: Api
  readonly cluster: StageOptions['cluster']
  readonly outages: Outage[] = []
  readonly leader: StageOptions['leader']
  readonly untilWorksWithout: StageOptions['untilWorksWithout']
  readonly signal: AbortSignal
  readonly progress: StageOptions['progress']
  readonly untilSent: StageOptions['untilSent']
  readonly adapters: AdapterProcess[] = []
  /** How often an adapter ended by itself and was started again, as a supervisor would. */
  restarts = 0
  /** What was wrong beside the records. */
  readonly faults: string[] = []
  readonly #launchAdapter: StageOptions['launchAdapter']
  #closed = false
  #supervision: Promise<void> | undefined

  constructor ({ api, cluster, progress, launchAdapter, untilSent, leader, untilWorksWithout, signal }: StageOptions) {
    this.api = api
    this.cluster = cluster
    this.progress = progress
    this.untilSent = untilSent
    this.leader = leader
    this.untilWorksWithout = untilWorksWithout
    this.signal = signal
    this.#launchAdapter = launchAdapter
  }

  async pause (ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal })
  }

  /** Makes a time in which Kafka cannot be written to. */
  async outage (options: OutageOptions): Promise<void> {
    this.outages.push(await makeOutage(options))
  }

  /** Starts one more adapter and waits until it is ready. */
  async addAdapter (): Promise<AdapterProcess> {
    const adapter = await this.#launchAdapter()
    this.adapters.push(adapter)
    await adapter.untilReady()
    return adapter
  }

  /** From now on adapters that end by themselves are started again. */
  supervise (): void {
    this.#supervision = this.#watch()
  }

  /** Ends the adapters. */
  async close (): Promise<void> {
    this.#closed = true
    await this.#supervision
    await Promise.all(this.adapters.map(async adapter => await this.endAdapter(adapter)))
  }

  /** Ends one by SIGTERM. */
  async endAdapter (adapter: AdapterProcess): Promise<void> {
    if (!adapter.running) return
    await adapter.end()
    if (adapter.ending !== 0) this.faults.push(`an adapter ended with ${adapter.ending} after SIGTERM`)
  }

  async #watch (): Promise<void> {
    while (!this.#closed) {
      for (const [index, adapter] of this.adapters.entries()) {
        if (!adapter.crashed) continue
        this.restarts++
        await sleep(RESTART_MS)
        if (!this.#closed) this.adapters[index] = await this.#launchAdapter()
      }
      await sleep(SUPERVISION_MS)
    }
  }
}
