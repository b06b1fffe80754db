import CircuitBreaker from 'opossum'
import type { BreakerState } from '../health/status.ts'

export interface BreakerOptions {
  /** Share of failed attempts, in percent, from which on the API is left alone; 0 switches the breaker off. */
  readonly errorPercent: number
  /** How long it is left alone before one inquiry tries it again, in milliseconds. */
  readonly resetMs: number
  /** Most attempts at a time. */
  readonly concurrency: number
  readonly onState: (state: BreakerState) => void
}

/**
 * What an attempt says of the API: `answered` an inquiry, is `alive` although it did not, `failed`, was `silent` until
 * the deadline, or `none`: nothing was learned.
 */
export type Sign = 'answered' | 'alive' | 'failed' | 'silent' | 'none'

/** An attempt that may be made; what came of it is to be reported once. */
export interface Permit { report (sign: Sign): void }

type Circuit = CircuitBreaker<[(settle: Settle) => void], void>
interface Settle { readonly resolve: () => void, readonly reject: (error: Error) => void }

const WINDOW = { rollingCountTimeout: 10_000, rollingCountBuckets: 10 }
/** Attempts within the window below which failures mean little; fewer where that many cannot fail within it. */
const VOLUME = 10
/** After so long a silence a probe counts as failed. Its inquiry goes on waiting. */
const PROBE_PATIENCE_MS = 1_000
const FAILED = new Error('The attempt failed')
const UNWATCHED: Permit = { report: () => {} }

/**
 * The circuit breaker in front of the API; opossum counts and keeps the state. Each attempt is one `fire`, a retry as
 * much as the first.
 *
 * - Silence until a deadline is a failure only if the API answered nobody since the attempt began. Else it is slow or
 *   overloaded, and leaving it alone would waste what it still can do.
 * - Open: what is still under way from before says nothing of now and is not counted.
 * - Half open: the next inquiry is the probe. It does not hold up the verdict for its whole deadline: after a second of
 *   silence the breaker is open again, and another inquiry probes later. The request itself goes on, so that its
 *   inquiry keeps its chance, and closes the breaker if it is answered after all.
 * - Closed again: counting begins anew, or failures of the outage would open it at the first one that follows.
 */
export class ApiBreaker {
  readonly #options: BreakerOptions
  #circuit: Circuit | undefined
  #lastAnswerAt = 0

  constructor (options: BreakerOptions) {
    this.#options = options
    if (options.errorPercent > 0) this.#circuit = this.#create()
  }

  get state (): BreakerState {
    if (!this.#circuit || this.#circuit.closed) return 'closed'
    return this.#circuit.opened ? 'open' : 'half_open'
  }

  /** Whether no attempt may be made at the moment. */
  get refuses (): boolean {
    return this.state !== 'closed' && !this.#circuit!.pendingClose
  }

  /** Asks for an attempt that begins now; undefined where none may be made. */
  admit (): Permit | undefined {
    const circuit = this.#circuit
    if (!circuit) return UNWATCHED
    if (this.refuses) return undefined
    const isProbe = circuit.halfOpen
    let settle!: Settle
    circuit.fire(given => { settle = given }).catch(() => {}) // it repeats what is reported
    return isProbe ? this.#probe(circuit, settle) : this.#watch(circuit, settle)
  }

  close (): void {
    this.#circuit?.shutdown()
    this.#circuit = undefined
  }

  #watch (circuit: Circuit, settle: Settle): Permit {
    const startedAt = performance.now()
    return {
      report: sign => {
        if (sign === 'answered') this.#lastAnswerAt = performance.now()
        if (!circuit.closed) return
        if (sign === 'answered' || sign === 'alive') settle.resolve()
        else if (sign === 'failed' || (sign === 'silent' && this.#lastAnswerAt < startedAt)) settle.reject(FAILED)
      }
    }
  }

  #probe (circuit: Circuit, settle: Settle): Permit {
    const patience = setTimeout(() => settle.reject(FAILED), PROBE_PATIENCE_MS)
    patience.unref()
    return {
      report: sign => {
        clearTimeout(patience)
        if (sign !== 'answered' && sign !== 'alive') settle.reject(FAILED)
        else if (circuit === this.#circuit) circuit.close()
      }
    }
  }

  #create (): Circuit {
    const { errorPercent, resetMs, concurrency, onState } = this.#options
    const circuit: Circuit = new CircuitBreaker(async take => await new Promise<void>((resolve, reject) => take({ resolve, reject })), {
      ...WINDOW,
      timeout: false, // deadlines are the inquiries' own
      errorThresholdPercentage: errorPercent - 1e-6, // opossum opens above it, we from it on
      volumeThreshold: Math.min(VOLUME, Math.max(2, concurrency)),
      resetTimeout: resetMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false
    })
    circuit.on('open', () => onState('open'))
    circuit.on('halfOpen', () => onState('half_open'))
    circuit.on('close', () => {
      circuit.shutdown()
      this.#circuit = this.#create()
      onState('closed')
    })
    return circuit
  }
}
