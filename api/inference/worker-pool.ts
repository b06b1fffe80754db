import { setTimeout as sleep } from 'node:timers/promises'
import type { CostSample } from './cost-model.ts'
import { InferenceWorker } from './inference-worker.ts'
import { WORKER_DEPTH, type WorkerOptions } from './worker-protocol.ts'

/** One run of the model: what goes in and who waits for it. */
export interface Job {
  readonly ids: Int32Array
  /** Predicted running time, in milliseconds. */
  readonly cost: number
  /** Runs that a worker began and did not end. */
  attempts: number
  done(output: Float32Array, modelMs: number): void
  failed(error: Error): void
  /** It was cancelled before it began. */
  skipped(): void
}

/** Why a worker was replaced. */
export type LossReason = 'exited' | 'hung'

export interface WorkerPoolOptions {
  /** Workers, each with one thread. */
  readonly size: number
  readonly worker: WorkerOptions
  /** A run that takes longer is taken for hung and its worker replaced. */
  readonly hangMs: number
  /** How long the first worker may take to load the model. @default 60_000 */
  readonly startMs?: number
  /** Gives the next job, or nothing. */
  readonly next: () => Job | undefined
  /** Takes back a job whose worker was lost. */
  readonly giveBack: (job: Job) => void
  readonly onSamples: (samples: CostSample[]) => void
  readonly onLost: (reason: LossReason, error: Error | undefined) => void
}

/** A worker with at most this much left to do is given its next job; more would wait behind it in vain. */
const PREFETCH_MS = 15
/** When the model cannot be loaded: how long the other workers may take to end. */
const START_FAILURE_MS = 5_000
const RESTART_DELAY_MS = 100
const LONGEST_RESTART_DELAY_MS = 5_000

/**
 * Keeps `size` workers alive and busy. A worker that dies, or whose run does not end in time, is replaced; its job
 * goes back to the queue. Restarts back off exponentially while workers fail before they are ready.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #workers = new Set<InferenceWorker>()
  readonly #watchdog: NodeJS.Timeout
  readonly #closing = new AbortController()
  #failedStarts = 0

  private constructor (options: WorkerPoolOptions) {
    this.#options = options
    this.#watchdog = setInterval(() => this.#replaceHung(), Math.min(250, options.hangMs / 4))
  }

  /**
   * Starts all workers and waits until each is warm.
   * @throws when a worker cannot load the model, with its reason
   */
  static async start (options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    const starts = Array.from({ length: options.size }, () => pool.#spawn())
    try {
      await Promise.race([Promise.all(starts), sleep(options.startMs ?? 60_000, undefined, { signal: pool.#closing.signal })
        .then(() => { throw new Error('The model did not load in time') })])
      return pool
    } catch (error) {
      await pool.close(START_FAILURE_MS)
      throw error
    }
  }

  get configured (): number { return this.#options.size }

  get ready (): number {
    return [...this.#workers].filter(worker => worker.ready).length
  }

  /** Whether no worker has anything to do. */
  get idle (): boolean {
    return [...this.#workers].every(worker => worker.jobs.length === 0)
  }

  /** Predicted milliseconds of work that the workers hold, all together. */
  remainingCost (): number {
    let cost = 0
    for (const worker of this.#workers) cost += worker.remainingCost
    return cost
  }

  /**
   * Gives waiting jobs to the workers: to idle ones first, then one to each that will soon be idle, lest it wait for
   * the main thread. Called whenever a job was queued.
   */
  dispatch (): void {
    for (;;) {
      const worker = this.#pick()
      const job = worker && this.#options.next()
      if (!job) return
      worker.run(job)
    }
  }

  /** Tells the workers that nobody waits for a job any more. */
  cancel (job: Job): void {
    for (const worker of this.#workers) worker.cancel(job)
  }

  /** Lets running jobs end for at most `drainMs`, then stops every worker. */
  async close (drainMs: number): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#watchdog)
    await Promise.all([...this.#workers].map(worker => worker.close(drainMs)))
  }

  #pick (): InferenceWorker | undefined {
    let best: InferenceWorker | undefined
    for (const worker of this.#workers) {
      if (worker.room === 0 || (worker.room < WORKER_DEPTH && worker.remainingCost > PREFETCH_MS)) continue
      if (!best || worker.remainingCost < best.remainingCost) best = worker
    }
    return best
  }

  async #spawn (): Promise<void> {
    const worker = new InferenceWorker(this.#options.worker, {
      onFree: () => this.dispatch(),
      onExit: error => this.#lost(worker, 'exited', error)
    })
    this.#workers.add(worker)
    const samples = await worker.started
    this.#failedStarts = 0
    this.#options.onSamples(samples)
    this.dispatch()
  }

  #lost (worker: InferenceWorker, reason: LossReason, error: Error | undefined): void {
    if (!this.#workers.delete(worker) || this.#closing.signal.aborted) return
    this.#options.onLost(reason, error)
    const [running] = worker.jobs
    if (running) running.attempts++ // only the one that ran may be to blame
    for (const job of worker.jobs.toReversed()) this.#options.giveBack(job)
    this.#respawn()
  }

  #respawn (): void {
    const delay = Math.min(LONGEST_RESTART_DELAY_MS, RESTART_DELAY_MS * 2 ** this.#failedStarts++)
    sleep(this.#failedStarts === 1 ? 0 : delay, undefined, { signal: this.#closing.signal })
      .then(() => this.#spawn())
      .catch(() => {}) // closing, or the new worker was lost as well: then `#lost` goes on
  }

  #replaceHung (): void {
    for (const worker of this.#workers) {
      if (worker.runningMs < this.#options.hangMs) continue
      this.#lost(worker, 'hung', undefined)
      worker.giveUp()
    }
  }
}
