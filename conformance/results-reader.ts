import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { consoleConsumer } from './console-consumer.ts'
import { kcat } from './kcat.ts'
import type { ConsumerProgram, TopicRecord } from './topic-record.ts'
import { withLimit } from './wait.ts'

export interface ResultsReaderOptions {
  readonly bootstrap: string
  readonly signal: AbortSignal
  /** @default kcat where it is installed, else Kafka's console consumer */
  readonly program?: ConsumerProgram
}

export interface Following {
  close(): Promise<void>
}

type OnRecord = (record: TopicRecord) => void

const READ_LIMIT_MS = 300_000
const RESTART_MS = 500

/** Reads topics with a program that shares no code with an adapter in Node. */
export class ResultsReader {
  readonly #program: ConsumerProgram
  readonly #signal: AbortSignal

  static async open ({ bootstrap, signal, program }: ResultsReaderOptions): Promise<ResultsReader> {
    const hasKcat = () => spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0
    return new ResultsReader(program ?? (hasKcat() ? kcat(bootstrap) : await consoleConsumer(bootstrap)), signal)
  }

  private constructor (program: ConsumerProgram, signal: AbortSignal) {
    this.#program = program
    this.#signal = signal
  }

  /** Name of the program. */
  get name (): string { return this.#program.name }

  /** Reads a topic from its beginning to what is now its end. */
  async readAll (topic: string, onRecord: OnRecord): Promise<void> {
    const child = this.#spawn(topic, 'end')
    try {
      await withLimit(this.#read(child, onRecord), { what: `${this.name} to read ${topic}`, limitMs: READ_LIMIT_MS, signal: this.#signal })
      if (child.exitCode !== 0) throw new Error(`${this.name} ended with ${child.exitCode ?? child.signalCode} reading ${topic}`)
    } finally {
      child.kill('SIGKILL')
    }
  }

  /** Reads a topic from its beginning and what comes to it. Should the program end, every record comes again. */
  follow (topic: string, onRecord: OnRecord): Following {
    let closed = false
    let child: ChildProcess
    let restart: NodeJS.Timeout | undefined
    let reading: Promise<void>
    const run = () => {
      child = this.#spawn(topic, 'killed')
      reading = this.#read(child, onRecord).then(() => { if (!closed) restart = setTimeout(run, RESTART_MS) })
      reading.catch(() => {}) // thrown by `close`
    }
    run()
    return {
      async close () {
        closed = true
        clearTimeout(restart)
        child.kill('SIGKILL')
        await reading
      }
    }
  }

  /** It ends with this process, however that ends. */
  #spawn (topic: string, until: 'end' | 'killed'): ChildProcess {
    return spawn('setpriv', ['--pdeathsig', 'KILL', ...this.#program.command(topic, until)], { stdio: ['ignore', 'pipe', 'ignore'] })
  }

  async #read (child: ChildProcess, onRecord: OnRecord): Promise<void> {
    const { delimiter, parse } = this.#program
    const exit = once(child, 'exit')
    let rest = ''
    for await (const chunk of child.stdout!.setEncoding('latin1')) {
      const parts = (rest + chunk).split(delimiter)
      rest = parts.pop()!
      for (const part of parts) onRecord(parse(part))
    }
    await exit
  }
}
