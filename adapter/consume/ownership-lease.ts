/**
 * How long this process may go on writing decisions for the partitions that it was assigned.
 *
 * The group's coordinator gives a member's partitions to another one when it heard nothing for the session timeout.
 * So a member knows that they are still its own while its last answered heartbeat was *sent* less than that ago. A
 * process that was stopped, or cut off, finds its lease expired and writes nothing: its successor decides. While the
 * member waits in a rebalance, the coordinator waits too and nobody else has the partitions; what may have gone on
 * without us ends the lease: a pause of the process itself, a second request to join, a wait that is as long as the
 * session, for the first one may never have arrived.
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
  #waitingSince = 0
  #hasAsked = false

  constructor ({ sessionTimeoutMs, now = () => performance.now() }: { sessionTimeoutMs: number, now?: () => number }) {
    this.#durationMs = sessionTimeoutMs * (1 - SAFETY)
    this.#now = now
  }

  get valid (): boolean {
    const now = this.#now()
    return this.#tick === undefined ? now < this.#validUntil : now - this.#lastTick < LONGEST_PAUSE_MS && now - this.#waitingSince < this.#durationMs
  }

  /** The coordinator answered: a heartbeat that was sent so long ago, or the request to join. */
  renew (sentMsAgo: number): void {
    this.#stopTicking()
    this.#validUntil = this.#now() - Math.max(0, sentMsAgo) + this.#durationMs // negative where the wall clock was set
  }

  /**
   * The coordinator has just answered that there is a rebalance, and the request to join it is about to be sent: until that
   * is answered nobody owns the partitions anew. Where the one before was not answered, it may have been without us
   * hearing of it.
   */
  waitInRebalance (): void {
    if (this.#tick) this.expire()
    if (!this.valid) return
    this.#hasAsked = false
    this.#lastTick = this.#waitingSince = this.#now()
    this.#tick = setInterval(() => {
      const now = this.#now()
      if (now - this.#lastTick >= LONGEST_PAUSE_MS) this.expire()
      else this.#lastTick = now
    }, TICK_MS)
  }

  /** A request to join goes out. The second one of a rebalance is sent because the answer to the first was lost. */
  askToJoin (): void {
    if (this.#tick === undefined) return
    if (this.#hasAsked) this.expire()
    this.#hasAsked = true
  }

  /** The group is read from: if a rebalance is still waited for, it is over and we did not hear of it. */
  readOn (): void {
    if (this.#tick !== undefined) this.expire()
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
