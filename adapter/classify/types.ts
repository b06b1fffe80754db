import type { Classification, Inquiry } from '../../openapi/index.ts'
import type { BreakerState } from '../health/status.ts'

export interface ClassifyClientOptions {
  /** Full URL of the API's `POST /classify`. */
  readonly url: string
  /** Sent as a bearer token; none when left out or empty. */
  readonly apiKey?: string
  /**
   * Most attempts for one inquiry. A request whose connection closes before anything came back, as an idle one may at
   * any moment, is sent once more at once; that is no attempt of its own.
   */
  readonly attempts: number
  /** How long after the deadline an answer is still awaited for `onLate`, in milliseconds; 0: not at all. */
  readonly lateGraceMs: number
  readonly breaker: {
    /** Share of failed attempts, in percent, from which on the API is left alone; 0: never. */
    readonly errorPercent: number
    /** How long it is left alone before one inquiry tries it again, in milliseconds. */
    readonly resetMs: number
  }
  /** Most inquiries that are with the API at a time. As many connections again may be held for late answers. */
  readonly connections: number
  /** Told of each request that is over, and of each that was not over at its deadline. @default nothing */
  readonly observe?: (attempt: AttemptObservation) => void
  /** @default nothing */
  readonly onBreaker?: (state: BreakerState) => void
  /** Told, once a minute at most, that the other side is not set up as the API that this client knows. @default nothing */
  readonly onMisconfigured?: (misconfiguration: Misconfiguration) => void
}

export interface AttemptObservation {
  /** `ok`, the status, `invalid_reply`, `unreachable`, `closed` (the connection, before the reply was complete), `timeout` or `aborted`. */
  readonly outcome: string
  readonly seconds: number
}

export interface Misconfiguration {
  /** 200: the reply is no classification of the inquiry. */
  readonly status: number
  /** The code of the problem document, where there is one of ours. */
  readonly code: string | undefined
}

export interface ClassifyCallOptions {
  /** By when the outcome is needed, in epoch milliseconds. */
  readonly deadline: number
  /** W3C trace context to pass on: `traceparent` and `tracestate`. */
  readonly traceHeaders?: Readonly<Record<string, string>>
  /** Aborts when the inquiry is no longer ours: everything ends at once, and the outcome is `api_unavailable`. */
  readonly signal?: AbortSignal
  /** Given an answer that came after the deadline, and how much after in milliseconds. */
  readonly onLate?: (answer: Classification, lateByMs: number) => void
}

export type ClassifyOutcome =
  | { readonly kind: 'answer', readonly answer: Classification }
  | { readonly kind: 'manual', readonly reason: 'timeout' | 'api_unavailable' }
  /** The API will never accept this inquiry; the code is that of its problem document, or `HTTP_<status>`. */
  | { readonly kind: 'refused', readonly code: string }

export interface ClassifyClient {
  /** Asks the API for one inquiry. Never rejects. Resolves at the deadline at the latest. */
  classify (inquiry: Inquiry, options: ClassifyCallOptions): Promise<ClassifyOutcome>
  readonly breakerState: BreakerState
  /** Epoch milliseconds before which the API asked not to be called (`Retry-After`); 0 when it did not. */
  readonly pausedUntil: number
  /** Ends what is under way as `api_unavailable` and closes the connections. */
  close (): Promise<void>
}
