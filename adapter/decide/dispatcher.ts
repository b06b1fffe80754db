import type { Classification, ManualReason } from '../../openapi/index.ts'
import type { ClassifyClient } from '../classify/client.ts'
import { atWallClock } from '../wall-clock.ts'
import { DeadlineHeap } from './deadline-heap.ts'
import type { InFlightInquiry, Verdict } from './in-flight.ts'

export interface DispatcherOptions {
  readonly client: Pick<ClassifyClient, 'classify'>
  /** Most inquiries that are with the API at a time. */
  readonly concurrency: number
  readonly decide: (item: InFlightInquiry, verdict: Verdict) => void
  /** The API will never accept this inquiry. */
  readonly refused: (item: InFlightInquiry, code: string) => void
  /** A decision waits for its predecessor and has reached its deadline. */
  readonly overdue: (item: InFlightInquiry) => void
  readonly late: (item: InFlightInquiry, answer: Classification, lateByMs: number) => void
  readonly traceHeaders: (item: InFlightInquiry) => Record<string, string>
}

/** Held decisions below this number are not worth a look for those that may be forgotten. */
const FEW_HELD = 1_000

/**
 * Asks the API about inquiries, the earliest deadline first, and sees to it that each one that waits is decided at
 * its deadline. Those that are with the API are decided at their deadline by the client.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #waiting = new DeadlineHeap<InFlightInquiry>()
  /** Decided, and not let out when they were. */
  readonly #held = new DeadlineHeap<InFlightInquiry>()
  #asking = 0
  #isDraining = false
  #heldAtLastLook = 0
  #cancelTimer = () => {}
  #timerAt = Infinity

  constructor (options: DispatcherOptions) {
    this.#options = options
  }

  /** Decisions that are held. */
  get held (): number { return this.#held.size }

  /** Inquiries with the API. */
  get asking (): number { return this.#asking }

  /** An inquiry to be asked about, or one that is decided and must be let out at its deadline at the latest. */
  add (item: InFlightInquiry): void {
    if (item.isDecided) {
      this.#held.push(item)
      this.#forgetLetOut()
    } else {
      this.#waiting.push(item)
      this.#ask()
    }
    this.#arm()
  }

  /** Asks about nothing more. Deadlines are kept as before. */
  drain (): void { this.#isDraining = true }

  /** Forgets what waits and is no longer ours. */
  remove (matches: (item: InFlightInquiry) => boolean): void {
    this.#waiting.remove(matches)
    this.#held.remove(matches)
  }

  close (): void {
    this.#cancelTimer()
    this.remove(() => true)
  }

  /** Most of what is held is let out long before its deadline. Looked for each time that there may be twice as many. */
  #forgetLetOut (): void {
    if (this.#held.size < FEW_HELD || this.#held.size < 2 * this.#heldAtLastLook) return
    this.#held.remove(({ isLetOut, isSuperseded }) => isLetOut || isSuperseded)
    this.#heldAtLastLook = this.#held.size
  }

  #ask (): void {
    while (this.#asking < this.#options.concurrency && !this.#isDraining) {
      const next = this.#waiting.pop()
      if (!next) return
      if (next.isDecided) continue // found in the results
      this.#askAbout(next).catch(err => { throw err }) // the client never rejects; a mistake of ours must not stay unseen
    }
  }

  async #askAbout (item: InFlightInquiry): Promise<void> {
    const { client, decide, refused, late, traceHeaders } = this.#options
    const manual = (reason: ManualReason) => decide(item, { reason, decidedAt: Date.now() })
    if (Date.now() >= item.deadline) {
      manual('timeout')
      return
    }
    this.#asking++
    const outcome = await client.classify(item.inquiry!, {
      deadline: item.deadline,
      signal: item.partition.lostSignal,
      traceHeaders: traceHeaders(item),
      onLate: (answer, lateByMs) => late(item, answer, lateByMs)
    })
    this.#asking--
    if (item.partition.state !== 'lost') {
      if (outcome.kind === 'answer') decide(item, { answer: outcome.answer, decidedAt: Date.now() })
      else if (outcome.kind === 'manual') manual(outcome.reason)
      else refused(item, outcome.code)
    }
    this.#ask()
  }

  #arm (): void {
    const at = Math.min(this.#waiting.peek()?.deadline ?? Infinity, this.#held.peek()?.deadline ?? Infinity)
    if (at >= this.#timerAt) return
    this.#cancelTimer()
    this.#timerAt = at
    this.#cancelTimer = atWallClock(at, () => this.#expire())
  }

  #expire (): void {
    this.#timerAt = Infinity
    const now = Date.now()
    for (const item of due(this.#waiting, now)) if (!item.isDecided) this.#options.decide(item, { reason: 'timeout', decidedAt: now })
    for (const item of due(this.#held, now)) if (!item.isLetOut) this.#options.overdue(item)
    this.#ask()
    this.#arm()
  }
}

/** Takes out those whose deadline has come. */
function * due (heap: DeadlineHeap<InFlightInquiry>, now: number): Generator<InFlightInquiry> {
  for (let first = heap.peek(); first && first.deadline <= now; first = heap.peek()) {
    heap.pop()
    yield first
  }
}
