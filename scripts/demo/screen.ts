import { createPaint, type Paint, shorten } from './format.ts'

/** What a screen needs of a stream, as `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write (text: string): unknown
}

export interface ScreenOptions {
  readonly output: Output
  readonly environment: Readonly<Record<string, string | undefined>>
}

const REDRAW_MS = 250
const REPEAT_MS = 5_000
const COLUMNS_OF_A_FILE = 140
const ERASE = '\r\u001b[2K'

/**
 * Lines that come one after the other, above a summary: on a terminal it stays at the bottom and is drawn anew, elsewhere
 * it is a line of its own every few seconds.
 */
export class Screen {
  readonly paint: Paint
  readonly #output: Output
  readonly #redraws: boolean
  #summary: (() => string) | undefined
  #timer: NodeJS.Timeout | undefined
  #isLineOpen = false

  constructor ({ output, environment }: ScreenOptions) {
    this.#output = output
    this.#redraws = output.isTTY === true && environment.TERM !== 'dumb'
    this.paint = createPaint(this.#redraws && !environment.NO_COLOR)
  }

  /** Room for a line; asked for each time, as windows change their size. */
  get columns (): number { return this.#output.isTTY === true ? this.#output.columns || 80 : COLUMNS_OF_A_FILE }

  /** A line, or several. */
  print (text: string): void {
    const before = this.#isLineOpen ? '\n' : this.#redraws && this.#summary ? ERASE : ''
    this.#output.write(`${before}${text}\n`)
    this.#isLineOpen = false
    if (this.#redraws) this.#draw()
  }

  /** Begins a line that the next `end` ends: what is being done, and how it went. */
  begin (text: string): void {
    this.#output.write(text)
    this.#isLineOpen = true
  }

  end (text: string): void {
    this.#output.write(`${text}\n`)
    this.#isLineOpen = false
  }

  /** Shows a summary from now on. */
  showSummary (summary: () => string): void {
    this.#summary = summary
    this.#timer = setInterval(() => this.#draw(), this.#redraws ? REDRAW_MS : REPEAT_MS)
    if (this.#redraws) this.#draw()
  }

  /** Shows the summary for the last time, as a line of its own. */
  close (): void {
    clearInterval(this.#timer)
    const summary = this.#summary?.()
    if (summary !== undefined) this.#output.write(`${this.#redraws ? ERASE : ''}${this.paint('bold', summary)}\n`)
    this.#summary = undefined
  }

  #draw (): void {
    if (!this.#summary) return
    if (this.#redraws) this.#output.write(`${ERASE}${this.paint('bold', shorten(this.#summary(), this.columns - 1))}`)
    else this.#output.write(`${this.#summary()}\n`)
  }
}
