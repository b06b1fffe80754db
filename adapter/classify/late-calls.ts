/** What is kept for its late answer. */
export interface LateCall { stop (): void }

/**
 * Calls whose inquiry was decided without them and whose answer may still come. They hold connections, so that there
 * are only so many: the oldest makes room, as its answer is the least likely to come.
 */
export class LateCalls {
  readonly #most: number
  readonly #calls = new Set<LateCall>()

  constructor (most: number) {
    this.#most = most
  }

  add (call: LateCall): void {
    this.#calls.add(call)
    if (this.#calls.size <= this.#most) return
    const [oldest] = this.#calls
    oldest!.stop()
  }

  delete (call: LateCall): void {
    this.#calls.delete(call)
  }
}
