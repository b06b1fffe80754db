import type { ResultsReader } from './results-reader.ts'
import { NUMBER_HEADER } from './sent-record.ts'
import { headerOf } from './topic-record.ts'
import type { Topics } from './topics.ts'

/** Sees decisions and dead letters as they come: only to know when all are there. */
export class Watch {
  readonly #decided = new Set<string>()
  readonly #dead = new Set<string>()
  readonly #close: () => Promise<unknown>

  constructor ({ reader, topics, deadLetters }: { reader: ResultsReader, topics: Topics, deadLetters: boolean }) {
    const followings = [
      reader.follow(topics.results, ({ value }) => this.#decided.add(idIn(value))),
      ...(deadLetters ? [reader.follow(topics.deadLetters, record => this.#dead.add(headerOf(record, NUMBER_HEADER) ?? ''))] : [])
    ]
    this.#close = () => Promise.all(followings.map(async following => await following.close()))
  }

  get decided (): number { return this.#decided.size }

  hasDecided (id: string): boolean { return this.#decided.has(id) }

  hasDeadLetter (number: number): boolean { return this.#dead.has(String(number)) }

  async close (): Promise<void> {
    await this.#close()
  }
}

function idIn (value: Buffer | null): string {
  try {
    return String((JSON.parse(value?.toString() ?? '') as { id?: unknown } | null)?.id)
  } catch {
    return '' // the verdict says so
  }
}
