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
/** The longest that a coordinator waits for members to join, in session timeouts (`rebalanceTimeout` of the member). */
const LONGEST_REBALANCE = 2

export class OwnershipLease {
  readonly #durationMs: number
  readonly #longestWaitMs: number
  readonly #now: () => number
  #validUntil = -Infinity
  #tick: NodeJS.Timeout | undefined
  #lastTick = 0
  #waitingSince = 0

  constructor ({ sessionTimeoutMs, now = () => performance.now() }: { sessionTimeoutMs: number, now?: () => number }) {
    this.#durationMs = sessionTimeoutMs * (1 - SAFETY)
    this.#longestWaitMs = sessionTimeoutMs * LONGEST_REBALANCE
    this.#now = now
  }

  get valid (): boolean {
    const now = this.#now()
    return this.#tick === undefined ? now < this.#validUntil : now - this.#lastTick < LONGEST_PAUSE_MS && now - this.#waitingSince < this.#longestWaitMs
  }

  /** The coordinator answered: a heartbeat that was sent so long ago, or the request to join. */
  renew (sentMsAgo: number): void {
    this.#stopTicking()
    this.#validUntil = this.#now() - Math.max(0, sentMsAgo) + this.#durationMs // negative where the wall clock was set
  }

  /**
   * The request to join a rebalance is about to be sent: until it is answered nobody owns the partitions anew. Where
   * the one before was not answered, it may have been without us hearing of it.
   */
  waitInRebalance (): void {
    if (this.#tick) this.expire()
    if (!this.valid) return
    this.#lastTick = this.#waitingSince = this.#now()
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
