import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Example } from '../data/data-set.ts'

/** Written at once when so much has come together. */
const BUFFER_BYTES = 1 << 20

/** Examples in a temporary file, so that memory holds none of their texts. */
export class Spool {
  readonly #folder = mkdtempSync(join(tmpdir(), 'inquiry-data-'))
  readonly #file = openSync(join(this.#folder, 'examples.jsonl'), 'w+')
  /** Where each line begins, and the end of the last. */
  readonly #offsets: number[] = [0]
  #buffered: Buffer[] = []
  #bufferedBytes = 0

  get size (): number { return this.#offsets.length - 1 }

  add (example: Example): void {
    const line = Buffer.from(JSON.stringify(example) + '\n')
    this.#buffered.push(line)
    this.#bufferedBytes += line.length
    this.#offsets.push(this.#offsets.at(-1)! + line.length)
    if (this.#bufferedBytes >= BUFFER_BYTES) this.#flush()
  }

  /** The line of an example, with its line feed. */
  line (item: number): string {
    this.#flush()
    const start = this.#offsets[item]!
    const bytes = Buffer.allocUnsafe(this.#offsets[item + 1]! - start)
    readSync(this.#file, bytes, 0, bytes.length, start)
    return bytes.toString('utf8')
  }

  example (item: number): Example {
    return JSON.parse(this.line(item))
  }

  /** Closes the file and removes it. */
  close (): void {
    closeSync(this.#file)
    rmSync(this.#folder, { recursive: true })
  }

  #flush (): void {
    if (this.#bufferedBytes === 0) return
    const bytes = Buffer.concat(this.#buffered)
    for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written)
    this.#buffered = []
    this.#bufferedBytes = 0
  }
}
