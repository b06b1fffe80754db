import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLines } from '../kafka/java.ts'
import { DemoProcess, type DemoProcessOptions } from './processes.ts'

export interface ServiceOptions extends DemoProcessOptions {
  /** As it reads at the beginning of a sentence. */
  readonly name: string
  readonly isReady: () => boolean | Promise<boolean>
  /** How long it may take to be ready, in milliseconds. */
  readonly startLimitMs: number
  /** How long it may take to end, in milliseconds. @default 6000 */
  readonly endLimitMs?: number
  /** Whether it is started again when it dies, as whatever runs it in production would. @default true */
  readonly restarts?: boolean
  /** Told when it ends though nobody asked it to, and when it runs again. */
  readonly tell: (line: string) => void
}

const POLL_MS = 100
const RESTART_MS = 3_000
const REQUEST_LIMIT_MS = 1_000

/** A process that is waited for until it is ready, and watched from then on. */
export class Service {
  readonly #options: ServiceOptions
  readonly #closing = new AbortController()
  #process: DemoProcess | undefined

  constructor (options: ServiceOptions) {
    this.#options = options
  }

  get pid (): number | undefined { return this.#process?.pid }

  /**
   * Starts it and waits until it is ready.
   * @throws when it is not, with the end of its log; or the signal's reason
   */
  async start (signal: AbortSignal): Promise<void> {
    await this.#run(signal)
    this.#supervise().catch(error => { if (!this.#closing.signal.aborted) throw error })
  }

  async close (): Promise<void> {
    this.#closing.abort()
    await this.#process?.end(this.#options.endLimitMs ?? 6_000)
  }

  async #run (signal: AbortSignal): Promise<void> {
    const { name, isReady, startLimitMs } = this.#options
    const process = this.#process = new DemoProcess(this.#options)
    const limit = performance.now() + startLimitMs
    while (!await isReady()) {
      if (!process.isRunning) throw await this.#failure(`${name} could not start (${await process.ended})`)
      if (performance.now() > limit) throw await this.#failure(`${name} was not ready within ${startLimitMs / 1e3} s`)
      await sleep(POLL_MS, undefined, { signal })
    }
  }

  async #supervise (): Promise<void> {
    const { name, tell, restarts = true } = this.#options
    const { signal } = this.#closing
    while (true) {
      const how = await this.#process!.ended
      signal.throwIfAborted()
      if (!restarts) return tell(`${name} ended (${how})`)
      tell(`${name} ended (${how}); it is started again in ${RESTART_MS / 1e3} s`)
      await sleep(RESTART_MS, undefined, { signal })
      try {
        await this.#run(signal)
        tell(`${name} runs again: pid ${this.pid}`)
      } catch (error) {
        signal.throwIfAborted()
        tell((error as Error).message)
        this.#process!.signal('SIGKILL')
      }
    }
  }

  async #failure (what: string): Promise<Error> {
    const log = await readFile(this.#options.logFile, 'utf8')
    return new Error(`${what}. The end of its log:\n${lastLines(log.split('\n').map(messageOf).join('\n'))}`)
  }
}

/** What a line of a log says to people: of JSON its message. */
function messageOf (line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: string }
    return msg ?? line
  } catch {
    return line
  }
}

/** Whether a health check answers 200. */
export async function answers (url: string): Promise<boolean> {
  return await fetch(url, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) }).then(reply => reply.ok, () => false)
}
