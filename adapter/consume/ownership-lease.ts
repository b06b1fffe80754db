/**
 * How long this process may go on writing decisions for the partitions that it was assigned.
 *
 * The group's coordinator gives a member's partitions to another one when it heard nothing for the session timeout.
 * So a member knows that they are still its own while its last answered heartbeat was *sent* less than that ago. A
 * process that was stopped, or cut off, finds its lease expired and writes nothing: its successor decides. While the
 * member waits in a rebalance, the coordinator waits too and nobody else has the partitions; a pause of the process
 * itself during that time ends the lease as well, as the rebalance may have gone on without it.
 *
 * Times are of a monotonic clock, in milliseconds.
 */
const SAFETY = 0.2
const TICK_MS = 100
const LONGEST_PAUSE_MS = 1_000

export class OwnershipLease {
  readonly #durationMs: number
  readonly #now: () => number
  #validUntil = -Infinity
  #tick: NodeJS.Timeout | undefined
  #lastTick = 0

  constructor ({ sessionTimeoutMs, now = () => performance.now() }: { sessionTimeoutMs: number, now?: () => number }) {
    this.#durationMs = sessionTimeoutMs * (1 - SAFETY)
    this.#now = now
  }

  get valid (): boolean {
    const now = this.#now()
    return this.#tick === undefined ? now < this.#validUntil : now - this.#lastTick < LONGEST_PAUSE_MS
  }

  /** The coordinator answered: a heartbeat that was sent so long ago, or the request to join. */
  renew (sentMsAgo: number): void {
    this.#stopTicking()
    this.#validUntil = this.#now() - sentMsAgo + this.#durationMs
  }

  /** The request to join a rebalance is about to be sent: until it is answered nobody owns the partitions anew. */
  waitInRebalance (): void {
    if (!this.valid || this.#tick) return
    this.#lastTick = this.#now()
    this.#tick = setInterval(() => {
      const now = this.#now()
      if (now - this.#lastTick >= LONGEST_PAUSE_MS) this.expire()
      else this.#lastTick = now
    }, TICK_MS)
  }

  /** Nothing may be written until `renew`. */
  expire (): void {
    this.#stopTicking()
    this.#validUntil = -Infinity
  }

  #stopTicking (): void {
    clearInterval(this.#tick)
    this.#tick = undefined
  }
}
