import { findFreePorts } from '../scripts/kafka/ports.ts'
import { ManagedProcess } from './managed-process.ts'
import { waitUntil } from './wait.ts'

export interface AdapterOptions {
  readonly command: string
  /** Environment of the adapter: topics, brokers, timeout (`HEALTH_PORT` is set here). */
  readonly settings: Readonly<Record<string, string>>
  /** Environment that it inherits. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly logFile: string
  readonly signal: AbortSignal
}

const READY_LIMIT_MS = 60_000
const REQUEST_LIMIT_MS = 1_000

/** One adapter, known only by its command, its environment, its signals and `/health/ready`. */
export class AdapterProcess extends ManagedProcess {
  readonly #readyUrl: string
  readonly #signal: AbortSignal

  /** Starts one without waiting for it. */
  static async launch ({ command, settings, environment, logFile, signal }: AdapterOptions): Promise<AdapterProcess> {
    const [port] = await findFreePorts(1)
    signal.throwIfAborted()
    return new AdapterProcess({ command, environment: { ...environment, ...settings, HEALTH_PORT: String(port) }, logFile }, `http://127.0.0.1:${port}/health/ready`, signal)
  }

  private constructor (options: ConstructorParameters<typeof ManagedProcess>[0], readyUrl: string, signal: AbortSignal) {
    super(options)
    this.#readyUrl = readyUrl
    this.#signal = signal
  }

  async untilReady (): Promise<void> {
    await waitUntil(async () => {
      if (!this.running) throw new Error(`The adapter ended with ${this.ending} before it was ready`)
      return await fetch(this.#readyUrl, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) }).then(reply => reply.ok, () => false)
    }, { what: `the adapter to be ready (${this.#readyUrl})`, limitMs: READY_LIMIT_MS, signal: this.#signal })
  }
}
