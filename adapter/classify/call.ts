import type { Dispatcher } from 'undici'
import type { Inquiry } from '../../openapi/index.ts'
import { atWallClock } from '../wall-clock.ts'
import type { ApiBreaker, Permit } from './breaker.ts'
import { type Breakage, Exchange, type Reply } from './exchange.ts'
import type { LateCalls } from './late-calls.ts'
import { TIMEOUT, UNAVAILABLE } from './outcomes.ts'
import { type Reading, readEnd } from './reply.ts'
import { requestBody, timeoutHeader, traceHeaders } from './request.ts'
import { type Pause, backoffMs } from './retry.ts'
import type { AttemptObservation, ClassifyCallOptions, ClassifyOutcome, Misconfiguration } from './types.ts'

/** What the calls of a client share. */
export interface CallContext {
  readonly dispatcher: Pick<Dispatcher, 'dispatch'>
  readonly path: string
  /** Headers of every request, names and values in turn. */
  readonly headers: readonly string[]
  readonly breaker: ApiBreaker
  readonly pause: Pause
  readonly late: LateCalls
  readonly attempts: number
  readonly lateGraceMs: number
  readonly observe: (attempt: AttemptObservation) => void
  readonly misconfigured: (misconfiguration: Misconfiguration) => void
}

/** A request that is under way. */
interface Attempt { readonly exchange: Exchange, readonly permit: Permit, readonly startedAt: number }

/** An attempt that would begin with less time left cannot finish. */
const RESERVE_MS = 20

/**
 * One inquiry's way to its outcome: attempts and the waits between them, all within its deadline. At the deadline it
 * is settled; a request that is then under way may go on a little, for its late answer.
 */
export class Call {
  readonly #context: CallContext
  readonly #options: ClassifyCallOptions
  readonly #onOver: () => void
  readonly #id: string | undefined
  readonly #body: string
  readonly #headers: readonly string[]
  #phase: 'asking' | 'late' | 'over' = 'asking'
  #settle: (outcome: ClassifyOutcome) => void = () => {}
  #attempt: Attempt | undefined
  #isRepeated = false
  #cancelDeadline = () => {}
  #cancelWait = () => {}

  /** @param onOver called when nothing of it is left, the wait for a late answer included */
  constructor (context: CallContext, inquiry: Inquiry, options: ClassifyCallOptions, onOver: () => void) {
    this.#context = context
    this.#options = options
    this.#onOver = onOver
    this.#id = inquiry.id
    this.#body = requestBody(inquiry)
    this.#headers = [...context.headers, ...traceHeaders(options.traceHeaders)]
  }

  /** Never rejects. */
  async start (): Promise<ClassifyOutcome> {
    return await new Promise(resolve => {
      this.#settle = resolve
      this.#cancelDeadline = atWallClock(this.#options.deadline, () => this.#expire())
      this.#ask().then(outcome => { if (this.#phase === 'asking') this.#end(outcome) })
    })
  }

  /** Ends everything at once. */
  stop (): void {
    if (this.#phase === 'asking' && this.#attempt) {
      this.#observe('aborted')
      this.#attempt.permit.report('none')
    }
    this.#end(UNAVAILABLE)
  }

  async #ask (): Promise<ClassifyOutcome> {
    const { breaker, pause, attempts, misconfigured } = this.#context
    let last: Reading | undefined
    let retryAt = 0
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#untilReady(retryAt, last)
      if (outcome) return outcome
      const permit = breaker.admit()
      if (!permit) return UNAVAILABLE
      last = await this.#try(permit)
      permit.report(last.sign)
      const { isForAll, retryAfterMs = 0, misconfiguration } = last
      if (isForAll && retryAfterMs > 0) pause.extend(retryAfterMs)
      if (misconfiguration) misconfigured(misconfiguration)
      if (!last.isRetriable || attempt >= attempts) return last.result
      retryAt = Date.now() + retryAfterMs + backoffMs(attempt)
    }
  }

  /** Waits until an attempt may begin. @returns the outcome where none may any more */
  async #untilReady (retryAt: number, last: Reading | undefined): Promise<ClassifyOutcome | undefined> {
    const { breaker, pause } = this.#context
    while (this.#phase === 'asking' && !breaker.refuses) {
      const now = Date.now()
      const at = Math.max(now, retryAt, pause.until)
      if ((last || at > now) && !this.#isInTime(at)) return last?.result ?? UNAVAILABLE
      if (at === now) return undefined
      await new Promise<void>(resolve => { this.#cancelWait = atWallClock(at, resolve) })
    }
    return UNAVAILABLE
  }

  #isInTime (startAt: number): boolean {
    return startAt + RESERVE_MS <= this.#options.deadline
  }

  /** A connection that was stale is not the API's answer: the same attempt goes on over another one. */
  async #try (permit: Permit): Promise<Reading> {
    const reading = await this.#exchange(permit)
    if (!reading.isStaleConnection || this.#isRepeated || this.#phase !== 'asking' || !this.#isInTime(Date.now())) return reading
    this.#isRepeated = true
    return await this.#exchange(permit)
  }

  /** Sends the request. Never ends when the call ends before it. */
  async #exchange (permit: Permit): Promise<Reading> {
    return await new Promise(resolve => {
      const exchange = new Exchange(end => {
        if (this.#phase === 'asking' && Date.now() >= this.#options.deadline) this.#expire()
        if (this.#phase === 'late') this.#endLate(end)
        if (this.#phase === 'over') return
        const reading = readEnd(end, this.#id)
        this.#observe(reading.outcome)
        this.#attempt = undefined
        resolve(reading)
      })
      this.#attempt = { exchange, permit, startedAt: performance.now() }
      const { dispatcher, path } = this.#context
      exchange.send(dispatcher, { path, headers: [...this.#headers, ...timeoutHeader(this.#options.deadline)], body: this.#body })
    })
  }

  #expire (): void {
    const { late, lateGraceMs } = this.#context
    const { deadline, onLate } = this.#options
    const attempt = this.#attempt
    this.#cancelDeadline() // an answer may have come before its timer
    if (attempt) {
      this.#observe('timeout')
      attempt.permit.report('silent')
    }
    if (!attempt?.exchange.isSent || !onLate || lateGraceMs === 0) {
      this.#end(TIMEOUT)
      return
    }
    this.#phase = 'late'
    this.#settle(TIMEOUT)
    this.#cancelDeadline = atWallClock(deadline + lateGraceMs, () => this.stop())
    late.add(this)
  }

  #endLate (end: Reply | Breakage): void {
    const lateByMs = Date.now() - this.#options.deadline
    const { result } = readEnd(end, this.#id)
    this.#end(TIMEOUT)
    // Not from here: undici would take an error that it throws for one of the connection.
    if (result.kind === 'answer') queueMicrotask(() => this.#options.onLate?.(result.answer, lateByMs))
  }

  #end (outcome: ClassifyOutcome): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#cancelDeadline()
    this.#cancelWait()
    this.#attempt?.exchange.abort()
    this.#context.late.delete(this)
    this.#settle(outcome)
    this.#onOver()
  }

  #observe (outcome: string): void {
    this.#context.observe({ outcome, seconds: (performance.now() - this.#attempt!.startedAt) / 1e3 })
  }
}
