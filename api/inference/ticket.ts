import { ServiceError } from '../errors.ts'
import { monotonicMs } from './clock.ts'
import type { DropReason } from './observer.ts'
import type { Job } from './worker-pool.ts'

/** What one text cost, and the model's output. */
export interface RunResult {
  readonly output: Float32Array
  readonly queueMs: number
  readonly modelMs: number
}

/** One text on its way through queue and worker. Settles once; what comes later is ignored. */
export class Task implements Job {
  readonly ids: Int32Array
  readonly cost: number
  readonly ticket: Ticket
  readonly result: Promise<RunResult>
  attempts = 0
  readonly #queuedAt = monotonicMs()
  readonly #settle: { resolve: (result: RunResult) => void, reject: (error: Error) => void }

  constructor (ticket: Ticket, ids: Int32Array, cost: number) {
    this.ticket = ticket
    this.ids = ids
    this.cost = cost
    const { promise, resolve, reject } = promiseParts<RunResult>()
    this.result = promise
    this.#settle = { resolve, reject }
  }

  done (output: Float32Array, modelMs: number): void {
    this.#settle.resolve({ output, modelMs, queueMs: monotonicMs() - this.#queuedAt - modelMs })
  }

  failed (error: Error): void { this.#settle.reject(error) }

  skipped (): void { this.ticket.skipped() }
}

interface TicketEvents {
  /** The rest of the work is void: its tasks must not begin any more. */
  readonly onOver: (pending: ReadonlySet<Task>) => void
  /** A task was dropped unrun. */
  readonly onDropped: (reason: DropReason) => void
}

/** The right of one request to run texts until its deadline, or until its client leaves. */
export class Ticket {
  readonly #pending = new Set<Task>()
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal | undefined
  readonly #events: TicketEvents
  #over: DropReason | undefined

  /** @param timeLeft milliseconds until the deadline */
  constructor (timeLeft: number, signal: AbortSignal | undefined, events: TicketEvents) {
    this.#events = events
    this.#signal = signal
    this.#timer = setTimeout(() => this.#drop('deadline'), timeLeft)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted) this.#over = 'abandoned'
  }

  /** Whether the deadline passed or the client left. */
  get over (): boolean { return this.#over !== undefined }

  /** Waits for a task; rejects at the deadline even while it runs. */
  async wait (task: Task): Promise<RunResult> {
    if (this.#over) throw new ServiceError('ERR_DEADLINE_EXCEEDED')
    this.#pending.add(task)
    return await task.result.finally(() => this.#pending.delete(task))
  }

  /** One of its tasks was dropped unrun. */
  skipped (): void { this.#events.onDropped(this.#over ?? 'deadline') }

  /** Called when the request is over. */
  close (): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.#drop('abandoned')

  #drop (reason: DropReason): void {
    this.#over = reason
    this.#events.onOver(this.#pending)
    for (const task of this.#pending) task.failed(new ServiceError('ERR_DEADLINE_EXCEEDED'))
  }
}

function promiseParts<Value> () {
  let resolve!: (value: Value) => void
  let reject!: (error: Error) => void
  const promise = new Promise<Value>((_resolve, _reject) => { resolve = _resolve; reject = _reject })
  return { promise, resolve, reject }
}
