import { setMaxListeners } from 'node:events'
import type { DecisionMessage } from '../../openapi/index.ts'
import { type Fallback, manualDecision } from './fallback.ts'
import type { Decision } from './types.ts'

/** How far an inquiry has come; what its fallback says at the deadline. */
export type Stage = Extract<Fallback, 'not_sent' | 'not_acknowledged' | 'no_decision'>

interface Waiter {
  readonly finish: (decision: Decision) => void
  readonly giveUp: (fallback: Fallback) => void
}

/** An inquiry that at least one call of `classify` waits for. Whoever waits has a timer, so that every wait ends. */
export class PendingInquiry {
  readonly id: string
  stage: Stage = 'not_sent'
  readonly #waiters = new Set<Waiter>()
  readonly #left: (inquiry: PendingInquiry) => void

  /** @param left called each time that a waiter has its decision */
  constructor (id: string, left: (inquiry: PendingInquiry) => void) {
    this.id = id
    this.#left = left
  }

  get isSettled (): boolean { return this.#waiters.size === 0 }

  wait (timeoutMs: number, signal: AbortSignal | undefined): Promise<Decision> {
    const deadline = Date.now() + timeoutMs
    return new Promise(resolve => {
      const finish = (decision: Decision) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        this.#waiters.delete(waiter)
        this.#left(this)
        resolve(decision)
      }
      const giveUp = (fallback: Fallback) => finish(manualDecision({ id: this.id, deadline, fallback }))
      const abort = () => giveUp('aborted')
      const timer = setTimeout(() => giveUp(this.stage), timeoutMs)
      if (signal) setMaxListeners(0, signal) // many calls may share one
      signal?.addEventListener('abort', abort)
      const waiter = { finish, giveUp }
      this.#waiters.add(waiter)
    })
  }

  decide (message: DecisionMessage): void {
    for (const { finish } of [...this.#waiters]) finish({ ...message, source: 'adapter', fallback: null })
  }

  giveUp (fallback: Fallback): void {
    for (const { giveUp } of [...this.#waiters]) giveUp(fallback)
  }
}

/** All that is waited for, by the inquiry's id. */
export class PendingInquiries {
  readonly #byId = new Map<string, PendingInquiry>()
  readonly #settled: (inquiry: PendingInquiry) => void
  #size = 0

  /** @param settled called when nobody waits for an inquiry any more */
  constructor (settled: (inquiry: PendingInquiry) => void) {
    this.#settled = settled
  }

  /** Calls that wait, of which several may wait for one inquiry. */
  get size (): number { return this.#size }

  get (id: string): PendingInquiry | undefined { return this.#byId.get(id) }

  /** Waits for an inquiry. @returns the inquiry, whether this call is the first to wait for it, and the decision to come */
  wait (id: string, timeoutMs: number, signal: AbortSignal | undefined): { inquiry: PendingInquiry, isNew: boolean, decision: Promise<Decision> } {
    const known = this.#byId.get(id)
    const inquiry = known ?? new PendingInquiry(id, left => this.#leave(left))
    this.#byId.set(id, inquiry)
    this.#size++
    return { inquiry, isNew: known === undefined, decision: inquiry.wait(timeoutMs, signal) }
  }

  giveUpAll (fallback: Fallback): void {
    for (const inquiry of [...this.#byId.values()]) inquiry.giveUp(fallback)
  }

  #leave (inquiry: PendingInquiry): void {
    this.#size--
    if (!inquiry.isSettled) return
    this.#byId.delete(inquiry.id)
    this.#settled(inquiry)
  }
}
