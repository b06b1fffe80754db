import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { KafkaProgram } from './kafka-program.ts'
import { tiedToParent } from './tied-to-parent.ts'
import type { TopicRecord } from './topic-record.ts'
import { withLimit } from './wait.ts'

export interface Following {
  close(): Promise<void>
}

type OnRecord = (record: TopicRecord) => void

const READ_LIMIT_MS = 300_000
const RESTART_MS = 500

/** Reads topics with a program that shares no code with an adapter in Node. */
export class ResultsReader {
  readonly #program: KafkaProgram
  readonly #signal: AbortSignal

  constructor ({ program, signal }: { program: KafkaProgram, signal: AbortSignal }) {
    this.#program = program
    this.#signal = signal
  }

  /** Reads a topic from its beginning to what is now its end. */
  async readAll (topic: string, onRecord: OnRecord): Promise<void> {
    const child = this.#spawn(topic, 'end')
    try {
      await withLimit(this.#read(child, onRecord), { what: `${this.#program.name} to read ${topic}`, limitMs: READ_LIMIT_MS, signal: this.#signal })
      if (child.exitCode !== 0) throw new Error(`${this.#program.name} ended with ${child.exitCode ?? child.signalCode} reading ${topic}`)
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

  #spawn (topic: string, until: 'end' | 'killed'): ChildProcess {
    const [command, args] = tiedToParent(this.#program.consume(topic, until))
    return spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
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
