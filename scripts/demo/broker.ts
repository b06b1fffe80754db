import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrokerMessage } from './broker-process.ts'
import { Service } from './service.ts'

export interface BrokerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** For its data and its log. */
  readonly directory: string
  /** Told when it dies and when it runs again. */
  readonly tell: (line: string) => void
}

/** The first time Maven gets it, from far away perhaps. */
const START_LIMIT_MS = 300_000
const END_LIMIT_MS = 10_000
const NEEDED = `The demo starts a Kafka broker with Java 17 and Maven (Debian: apt-get install openjdk-17-jre-headless maven).
With a cluster of yours it needs neither: KAFKA_BROKERS=host:9092 npm run demo`

/** A real broker on a free port, in a process beside this one. */
export class Broker {
  readonly #options: BrokerOptions
  readonly #service: Service
  readonly #data: string
  #last: BrokerMessage | undefined

  constructor (options: BrokerOptions) {
    const { environment, directory, tell } = this.#options = options
    this.#data = join(directory, 'kafka')
    this.#service = new Service({
      name: 'Kafka',
      command: ['dist/scripts/demo/broker-process.js', this.#data],
      environment,
      logFile: join(directory, 'kafka.log'),
      onMessage: message => this.#take(message as BrokerMessage),
      isReady: () => this.#last !== undefined,
      startLimitMs: START_LIMIT_MS,
      endLimitMs: END_LIMIT_MS,
      restarts: false, // the process beside starts it again, on the same data
      tell
    })
  }

  /** `host:port`, from `start` on. */
  get bootstrap (): string | undefined { return this.#last?.bootstrap }

  /** Of the Java process; undefined while there is none. */
  get pid (): number | undefined { return this.#last?.pid }

  /** @throws what is to be installed, when it cannot start; or the signal's reason */
  async start (signal: AbortSignal): Promise<void> {
    await mkdir(this.#data)
    try {
      await this.#service.start(signal)
    } catch (error) {
      signal.throwIfAborted()
      throw new Error(`${(error as Error).message}\n\n${NEEDED}`, { cause: error })
    }
  }

  async close (): Promise<void> {
    await this.#service.close()
  }

  #take (message: BrokerMessage): void {
    const isFirst = this.#last === undefined
    this.#last = message
    if (!isFirst) this.#options.tell(message.pid === undefined ? 'The broker ended; it is started again in 3 s' : `The broker runs again: pid ${message.pid}`)
  }
}
