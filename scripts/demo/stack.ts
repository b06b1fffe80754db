import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AdapterConfig, readAdapterConfig } from '../../adapter/config.ts'
import { findFreePorts } from '../kafka/ports.ts'
import { Broker } from './broker.ts'
import { adapterEnvironment, apiEnvironment } from './environment.ts'
import { killAll } from './processes.ts'
import { answers, Service } from './service.ts'
import { removeOwn } from './topics.ts'

export interface StackOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Sets the names of this run apart. */
  readonly run: string
  /** Ends a start that is under way. */
  readonly signal: AbortSignal
  /** Does a step of the start and says so. */
  readonly step: (name: string, work: () => Promise<string>) => Promise<void>
  /** Told of what dies and comes back later. */
  readonly tell: (line: string) => void
}

const START_LIMIT_MS = 60_000
const REMOVE_LIMIT_MS = 10_000

/** What the demo starts, beginning with the broker, and ends, ending with it. */
export class Stack {
  readonly #options: StackOptions
  readonly #directory: string
  #broker: Broker | undefined
  #api: Service | undefined
  #adapter: Service | undefined
  #config: AdapterConfig | undefined
  #ownNames: readonly string[] = []
  #ports: readonly number[] = []

  /** Makes a temporary folder for logs and Kafka's data. */
  static async create (options: StackOptions): Promise<Stack> {
    return new Stack(options, await mkdtemp(join(tmpdir(), 'inquiry-demo-')))
  }

  private constructor (options: StackOptions, directory: string) {
    this.#options = options
    this.#directory = directory
  }

  /** The adapter's; known from `start` on. */
  get config (): AdapterConfig { return this.#config! }
  get apiUrl (): string { return `http://127.0.0.1:${this.#ports[0]}` }
  get healthUrl (): string { return `http://127.0.0.1:${this.#ports[1]}` }
  /** Process ids; the broker's is left out where it is somebody else's. */
  get pids (): { readonly api: number, readonly adapter: number, readonly broker?: number } {
    const broker = this.#broker?.pid
    return { api: this.#api!.pid!, adapter: this.#adapter!.pid!, ...(broker !== undefined && { broker }) }
  }

  /**
   * Starts everything and waits until it is ready.
   * @throws when something is not in time, with the end of its log; or the signal's reason
   */
  async start (): Promise<void> {
    const { environment, run, step } = this.#options
    const ownsKafka = !environment.KAFKA_BROKERS
    this.#ports = await findFreePorts(2)
    if (ownsKafka) await step('Kafka (the first time Maven gets it: a minute)', async () => await this.#startKafka())
    const names = adapterEnvironment({ environment, run, ...(this.#broker?.bootstrap !== undefined && { bootstrap: this.#broker.bootstrap }) })
    const adapterSettings = { ...names.environment, CLASSIFY_URL: `${this.apiUrl}/classify`, CLASSIFY_API_KEY: '', HEALTH_PORT: String(this.#ports[1]) }
    this.#config = readAdapterConfig(adapterSettings)
    await step('API', async () => await this.#startApi())
    this.#ownNames = names.ownNames
    await step('Adapter', async () => await this.#startAdapter(adapterSettings))
  }

  /** Ends everything in order and removes the folder; what does not go is killed. */
  async close (): Promise<void> {
    await Promise.all([this.#adapter?.close(), this.#api?.close()])
    if (this.#ownNames.length > 0) await this.#removeOwn()
    await this.#broker?.close()
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }

  /** Kills everything and removes the folder, at once. */
  kill (): void {
    killAll()
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }

  async #startKafka (): Promise<string> {
    const { environment, signal, tell } = this.#options
    this.#broker = new Broker({ environment, directory: this.#directory, tell })
    await this.#broker.start(signal)
    return `${this.#broker.bootstrap}, pid ${this.#broker.pid}`
  }

  async #startApi (): Promise<string> {
    this.#api = this.#service('API', 'dist/api/server.js', apiEnvironment({ environment: this.#options.environment, port: this.#ports[0]! }), this.apiUrl)
    await this.#api.start(this.#options.signal)
    return `${this.apiUrl} (page; /docs), pid ${this.#api.pid}`
  }

  async #startAdapter (environment: StackOptions['environment']): Promise<string> {
    this.#adapter = this.#service('Adapter', 'dist/adapter/main.js', environment, this.healthUrl)
    await this.#adapter.start(this.#options.signal)
    return `${this.healthUrl}/health/ready and /metrics, pid ${this.#adapter.pid}`
  }

  #service (name: string, file: string, environment: StackOptions['environment'], url: string): Service {
    return new Service({
      name: `The ${name === 'API' ? name : name.toLowerCase()}`,
      command: [file],
      environment,
      logFile: join(this.#directory, `${name.toLowerCase()}.log`),
      isReady: async () => await answers(`${url}/health/ready`),
      startLimitMs: START_LIMIT_MS,
      tell: this.#options.tell
    })
  }

  async #removeOwn (): Promise<void> {
    const { tell } = this.#options
    const names = this.#ownNames
    const timeout = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('no answer')), REMOVE_LIMIT_MS).unref())
    await Promise.race([removeOwn({ config: this.config, names }), timeout])
      .catch(error => tell(`Not removed from your cluster: ${names.join(', ')} (${(error as Error).message})`))
  }
}
