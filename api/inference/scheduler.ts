import { ServiceError } from '../errors.ts'
import { monotonicMs, withinTime } from './clock.ts'
import { CostModel } from './cost-model.ts'
import { FairQueue } from './fair-queue.ts'
import type { InferenceObserver } from './observer.ts'
import { type RunResult, Task, Ticket } from './ticket.ts'
import { WorkerPool } from './worker-pool.ts'
import type { WorkerOptions } from './worker-protocol.ts'

export interface SchedulerOptions {
  readonly workers: number
  readonly worker: WorkerOptions
  /** Most texts that wait. */
  readonly maxQueue: number
  readonly hangMs: number
  readonly observer: InferenceObserver
}

export interface AdmissionRequest {
  /** Predicted length of each text of the request, in tokens. */
  readonly tokens: readonly number[]
  /** On the clock of `monotonicMs`. */
  readonly deadlineAt: number
  /** Aborts when nobody waits any more. */
  readonly signal?: AbortSignal | undefined
}

/** A run lost with its worker is tried once more. */
const MAX_ATTEMPTS = 2
/** Predictions are averages: so much more must fit before the deadline, and the way back to the caller besides. */
const CAUTION = 1.25
const RETURN_MS = 10

/**
 * One bounded queue in front of all workers. A request that cannot be answered by its deadline is refused when it
 * comes, by predicted wait; one whose deadline passed or whose client left is dropped before it runs.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #queue = new FairQueue<Task>()
  readonly #costs = new CostModel()
  /** What waits or runs. */
  readonly #unsettled = new Set<Task>()
  #pool!: WorkerPool
  #closing: Promise<void> | undefined
  #stopped = false

  private constructor (options: SchedulerOptions) {
    this.#options = options
  }

  /** Starts the workers; resolves when all are warm. */
  static async start (options: SchedulerOptions): Promise<Scheduler> {
    const scheduler = new Scheduler(options)
    scheduler.#pool = await WorkerPool.start({
      size: options.workers,
      worker: options.worker,
      hangMs: options.hangMs,
      next: () => scheduler.#next(),
      giveBack: job => scheduler.#retry(job as Task),
      onSamples: ([short, long]) => scheduler.#costs.calibrate(short!, long!),
      onLost: (reason, error) => options.observer.workerLost(reason, error)
    })
    return scheduler
  }

  get queueDepth (): number { return this.#queue.size }
  get workers (): { ready: number, configured: number } {
    return { ready: this.#pool.ready, configured: this.#pool.configured }
  }

  /**
   * Admits a request; the caller closes the ticket.
   * @throws {ServiceError} ERR_DRAINING, ERR_NOT_READY, ERR_DEADLINE_EXCEEDED, ERR_QUEUE_FULL or ERR_DEADLINE_UNREACHABLE
   */
  admit ({ tokens, deadlineAt, signal }: AdmissionRequest): Ticket {
    const timeLeft = deadlineAt - monotonicMs()
    if (this.#closing) throw new ServiceError('ERR_DRAINING', { retryAfterMs: 1_000 })
    if (this.#pool.ready === 0) throw new ServiceError('ERR_NOT_READY', { detail: 'No inference worker is ready', retryAfterMs: 1_000 })
    if (timeLeft <= 0) throw new ServiceError('ERR_DEADLINE_EXCEEDED')
    const wait = this.#predictWait(tokens)
    if (this.#queue.size + tokens.length > this.#options.maxQueue) {
      throw new ServiceError('ERR_QUEUE_FULL', { detail: `${this.#queue.size} inquiries are waiting`, retryAfterMs: wait })
    }
    const needed = CAUTION * wait + RETURN_MS
    if (needed > timeLeft) {
      const detail = `The answer would take about ${Math.ceil(wait)} ms; ${Math.floor(timeLeft)} ms are left`
      throw new ServiceError('ERR_DEADLINE_UNREACHABLE', { detail, retryAfterMs: needed - timeLeft })
    }
    const ticket = new Ticket(timeLeft, signal, {
      onOver: pending => this.#drop(ticket, pending),
      onDropped: reason => this.#options.observer.dropped(reason)
    })
    return ticket
  }

  /** Runs the model on one text. Rejects with ERR_DEADLINE_EXCEEDED, ERR_INFERENCE_FAILED or ERR_DRAINING. */
  async run (ticket: Ticket, ids: Int32Array): Promise<RunResult> {
    if (this.#stopped) throw new ServiceError('ERR_DRAINING', { retryAfterMs: 1_000 })
    const task = new Task(ticket, ids, this.#costs.predict(ids.length))
    const waiting = ticket.wait(task)
    if (!ticket.over) {
      this.#unsettled.add(task)
      this.#queue.push(ticket, task)
      this.#pool.dispatch()
    }
    const result = await waiting.catch(error => {
      throw error instanceof ServiceError ? error : new ServiceError('ERR_INFERENCE_FAILED', { cause: error })
    }).finally(() => this.#unsettled.delete(task))
    this.#costs.observe({ tokens: ids.length, ms: result.modelMs })
    return result
  }

  /** Lets running and waiting work end for at most `drainMs`, fails the rest with ERR_DRAINING, then stops the workers. */
  async close (drainMs: number): Promise<void> {
    this.#closing ??= this.#close(monotonicMs() + drainMs)
    await this.#closing
  }

  async #close (endsAt: number): Promise<void> {
    await withinTime(this.#settled(), endsAt - monotonicMs())
    this.#stopped = true
    for (const task of this.#unsettled) task.failed(new ServiceError('ERR_DRAINING', { retryAfterMs: 1_000 }))
    await this.#pool.close(Math.max(0, endsAt - monotonicMs()))
  }

  async #settled (): Promise<void> {
    while (this.#unsettled.size) await Promise.allSettled([...this.#unsettled].map(task => task.result))
  }

  /**
   * While nothing runs, only the warm-up's times count: after a bad spell the observed ones would refuse everything,
   * and with nothing run they would never be corrected.
   * @returns milliseconds until the last of these texts would be done
   */
  #predictWait (tokens: readonly number[]): number {
    const { idle } = this.#pool
    const costs = tokens.map(count => idle ? this.#costs.nominal(count) : this.#costs.predict(count))
    const own = costs.reduce((sum, cost) => sum + cost, 0)
    const ahead = this.#queue.costAhead(tokens.length) + this.#pool.remainingCost()
    return Math.max((ahead + own) / this.#pool.ready, ...costs)
  }

  #next (): Task | undefined {
    for (let task = this.#queue.shift(); task; task = this.#queue.shift()) {
      if (!task.ticket.over) return task
      task.skipped()
    }
    return undefined
  }

  #drop (ticket: Ticket, pending: ReadonlySet<Task>): void {
    for (const task of this.#queue.remove(ticket)) task.skipped()
    for (const task of pending) this.#pool.cancel(task)
  }

  #retry (task: Task): void {
    if (task.ticket.over) {
      if (task.attempts === 0) task.skipped()
      return
    }
    if (task.attempts >= MAX_ATTEMPTS) {
      task.failed(new ServiceError('ERR_INFERENCE_FAILED', { detail: 'The inference worker was lost twice on this text' }))
      return
    }
    this.#queue.pushFront(task)
    this.#pool.dispatch()
  }
}
