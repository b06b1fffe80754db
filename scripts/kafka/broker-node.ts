import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { type KafkaRuntime, lastLines, startJava } from './java.ts'

export interface BrokerNodeOptions {
  /** `node.id`, from 1. */
  id: number
  /** `host:port` of its plaintext listener. */
  address: string
  /** Folder with its `server.properties` and formatted data; `broker.log` is written there. */
  directory: string
  runtime: KafkaRuntime
  heapMegabytes: number
  /** Further flags of the virtual machine. */
  flags?: string[]
}

const START_MS = 90_000
const STOP_MS = 20_000
const POLL_MS = 100

/** Brokers that run now, ended with this process even if it forgets them or throws. */
const running = new Set<ChildProcess>()
process.once('exit', () => { for (const child of running) child.kill('SIGKILL') })

/** One broker process of a cluster, which can be killed, paused and started again on its data. */
export class BrokerNode {
  readonly id: number
  /** `host:port` of its plaintext listener. */
  readonly address: string
  /** Folder with its `server.properties`, `data` and `broker.log`. */
  readonly directory: string
  readonly #options: BrokerNodeOptions
  #process: ChildProcess | undefined

  constructor (options: BrokerNodeOptions) {
    this.id = options.id
    this.address = options.address
    this.directory = options.directory
    this.#options = options
  }

  /** Process id, undefined while it is down. */
  get pid (): number | undefined {
    return this.#process?.pid
  }

  /** Starts it on its data and waits until it answers and the controller counts it (and `brokers`) as alive. */
  async start ({ brokers = [this.id] }: { brokers?: readonly number[] } = {}): Promise<void> {
    if (this.#process !== undefined) throw new Error(`Broker ${this.id} runs already`)
    const child = this.#spawn()
    const deadline = Date.now() + START_MS
    while (!await this.#knows(brokers)) {
      if (this.#process === child && Date.now() < deadline) {
        await sleep(POLL_MS)
      } else {
        const log = await readFile(this.#logFile, 'utf8')
        const reason = this.#process === child ? `did not answer within ${START_MS} ms` : `ended with ${child.exitCode ?? child.signalCode}`
        await this.kill()
        throw new Error(`Broker ${this.id} ${reason}; the end of its log:\n${lastLines(log)}`)
      }
    }
  }

  /** Ends it at once, as a crash would, also while it is paused. */
  async kill (): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Lets it shut down in order; after 20 seconds it is killed. */
  async stop (): Promise<void> {
    this.resume()
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), STOP_MS)
    await this.#end('SIGTERM')
    clearTimeout(timer)
  }

  /** Freezes it: its connections stay open and nothing is answered. */
  pause (): void {
    this.#process?.kill('SIGSTOP')
  }

  resume (): void {
    this.#process?.kill('SIGCONT')
  }

  get #logFile (): string {
    return join(this.directory, 'broker.log')
  }

  #spawn (): ChildProcess {
    const { runtime, heapMegabytes, flags = [] } = this.#options
    const log = openSync(this.#logFile, 'a')
    const child = startJava({ runtime, mainClass: 'kafka.Kafka', args: ['server.properties'], flags: [`-Xmx${heapMegabytes}m`, ...flags], log, directory: this.directory })
    closeSync(log)
    running.add(child)
    this.#process = child
    child.once('exit', () => {
      running.delete(child)
      if (this.#process === child) this.#process = undefined
    })
    return child
  }

  async #end (signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }

  /** Whether it answers, with metadata in which all of these brokers are alive. */
  async #knows (ids: readonly number[]): Promise<boolean> {
    const kafka = new Kafka({ brokers: [this.address], clientId: 'start', logLevel: logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 2_000, retry: { retries: 0 } })
    const admin = kafka.admin()
    try {
      await admin.connect()
      const { brokers } = await admin.describeCluster()
      return ids.every(id => brokers.some(({ nodeId }) => nodeId === id))
    } catch {
      return false
    } finally {
      await admin.disconnect()
    }
  }
}
