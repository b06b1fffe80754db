/** The API that the adapter calls, real or stub, always on the same port. */
export interface Api {
  /** Full URL of the endpoint that classifies one inquiry. */
  readonly url: string
  /** Starts it, again after `kill`, and waits until it answers. */
  start(): Promise<void>
  /** SIGKILL: its port is closed and requests in flight break. */
  kill(): Promise<void>
  /** Says how requests are answered from now on; undefined for the real one, which cannot be told. */
  readonly behave?: (behaviour: StubBehaviour) => Promise<void>
  /** Inquiries that it was asked about so far; undefined for the real one. */
  readonly inquiries?: () => Promise<number>
}

/** How the stub answers. */
export interface StubBehaviour {
  /** `hang`: never; `fail`: with 500; otherwise a classification. @default 'answer' */
  readonly reply?: 'answer' | 'hang' | 'fail'
  /** Time until the answer, whatever deadline the caller named: a stub may well be later than that. @default 5 */
  readonly latencyMs?: number
  /** Up to so much longer, at random, so that answers come in another order than the questions. @default 0 */
  readonly spreadMs?: number
  /**
   * The answer on a text changes each time it is asked, as if the model were replaced at that moment: whoever asks
   * twice and sends both answers contradicts itself. @default false
   */
  readonly fickle?: boolean
}
