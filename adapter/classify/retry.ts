const BASE_MS = 50
const LONGEST_BACKOFF_MS = 1_000
/** A wrong `Retry-After` silences the adapter no longer than this. */
const LONGEST_PAUSE_MS = 60_000

/** Exponential backoff with full jitter. @param attempt the attempt that failed, from 1 */
export function backoffMs (attempt: number): number {
  return Math.random() * Math.min(LONGEST_BACKOFF_MS, BASE_MS * 2 ** (attempt - 1))
}

/** How long a `Retry-After` header asks to wait; undefined where it says neither seconds nor a date. */
export function retryAfterMs (header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  if (/^[0-9]+$/.test(header)) return Number(header) * 1e3
  const wait = Date.parse(header) - Date.now()
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}

/** The API asked all callers not to call for a while. */
export class Pause {
  #until = 0

  /** Epoch milliseconds; 0 when it did not or the while is over. */
  get until (): number {
    const now = Date.now()
    if (this.#until <= now) return 0
    return Math.min(this.#until, now + LONGEST_PAUSE_MS) // the clock may have been set back
  }

  extend (ms: number): void {
    this.#until = Math.max(this.#until, Date.now() + Math.min(ms, LONGEST_PAUSE_MS))
  }
}
