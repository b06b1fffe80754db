import { Pool } from 'undici'
import type { Inquiry } from '../../openapi/index.ts'
import type { BreakerState } from '../health/status.ts'
import { ApiBreaker } from './breaker.ts'
import { CallGroups } from './call-groups.ts'
import { Call, type CallContext } from './call.ts'
import { LateCalls } from './late-calls.ts'
import { TIMEOUT, UNAVAILABLE } from './outcomes.ts'
import { commonHeaders } from './request.ts'
import { Pause } from './retry.ts'
import type { ClassifyCallOptions, ClassifyClient, ClassifyClientOptions, ClassifyOutcome, Misconfiguration } from './types.ts'

export type { AttemptObservation, ClassifyCallOptions, ClassifyClient, ClassifyClientOptions, ClassifyOutcome, Misconfiguration } from './types.ts'

/** Long enough for a distant API, short enough to try another address of it before a usual deadline. */
const CONNECT_TIMEOUT_MS = 2_000
/** A classification has a few kilobytes, however many categories there are. */
const LONGEST_REPLY_BYTES = 1_048_576
const MISCONFIGURED_EVERY_MS = 60_000

/**
 * The client of the API's `POST /classify`: within the inquiry's deadline and never beyond it, with retries where they
 * help, and a circuit breaker for when nothing does.
 * @throws a TypeError when the URL is none
 */
export function createClassifyClient (options: ClassifyClientOptions): ClassifyClient {
  return new PooledClient(options)
}

class PooledClient implements ClassifyClient {
  readonly #context: CallContext
  readonly #pool: Pool
  readonly #breaker: ApiBreaker
  readonly #pause = new Pause()
  readonly #calls = new Set<Call>()
  readonly #groups = new CallGroups()
  #isClosed = false

  constructor ({ url, apiKey, attempts, lateGraceMs, breaker, connections, observe = () => {}, onBreaker = () => {}, onMisconfigured = () => {} }: ClassifyClientOptions) {
    const { origin, pathname, search } = new URL(url)
    this.#breaker = new ApiBreaker({ ...breaker, concurrency: connections, onState: onBreaker })
    this.#pool = new Pool(origin, {
      // Those that wait for late answers must not keep fresh inquiries from being sent.
      connections: 2 * connections,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // Each call has its own deadline, and undici's timers are half a second coarse.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: LONGEST_REPLY_BYTES
    })
    this.#context = {
      dispatcher: this.#pool,
      path: pathname + search,
      headers: commonHeaders(apiKey),
      breaker: this.#breaker,
      pause: this.#pause,
      late: new LateCalls(connections),
      attempts,
      lateGraceMs,
      observe,
      misconfigured: atMostEvery(MISCONFIGURED_EVERY_MS, onMisconfigured)
    }
  }

  get breakerState (): BreakerState { return this.#breaker.state }
  get pausedUntil (): number { return this.#pause.until }

  async classify (inquiry: Inquiry, options: ClassifyCallOptions): Promise<ClassifyOutcome> {
    const { deadline, signal } = options
    if (this.#isClosed || signal?.aborted) return UNAVAILABLE
    if (Date.now() >= deadline) return TIMEOUT
    const call = new Call(this.#context, inquiry, options, () => {
      this.#calls.delete(call)
      if (signal) this.#groups.leave(signal, call)
    })
    this.#calls.add(call)
    if (signal) this.#groups.join(signal, call)
    return await call.start()
  }

  async close (): Promise<void> {
    this.#isClosed = true
    for (const call of this.#calls) call.stop()
    this.#breaker.close()
    await this.#pool.destroy()
  }
}

function atMostEvery (intervalMs: number, tell: (misconfiguration: Misconfiguration) => void): (misconfiguration: Misconfiguration) => void {
  let lastAt = -Infinity
  return misconfiguration => {
    const now = performance.now()
    if (now - lastAt < intervalMs) return
    lastAt = now
    tell(misconfiguration)
  }
}
