import { Worker } from 'node:worker_threads'
import { monotonicMs } from './clock.ts'
import type { CostSample } from './cost-model.ts'
import type { Job } from './worker-pool.ts'
import type { WorkerOptions, WorkerReply, WorkerRequest } from './worker-protocol.ts'

interface WorkerEvents {
  /** The worker can take a job. */
  readonly onIdle: () => void
  /** The thread ended without being asked to. */
  readonly onExit: (error: Error | undefined) => void
}

/** How long a terminated thread may stay inside native code before it is left behind. */
const TERMINATION_MS = 1_000

const WORKER_FILE = new URL(`./inference.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** The main thread's side of one worker: at most one job at a time. */
export class InferenceWorker {
  readonly #thread: Worker
  readonly #events: WorkerEvents
  #ready = false
  #closed = false
  #lastError: Error | undefined
  #running: { readonly job: Job, readonly startedAt: number } | undefined
  /** Resolves with warm-up times once the model is loaded and warm; rejects when the thread ends before. */
  readonly started: Promise<CostSample[]>

  constructor (options: WorkerOptions, events: WorkerEvents) {
    this.#events = events
    this.#thread = new Worker(WORKER_FILE, { workerData: options, name: 'inference' })
    this.started = new Promise((resolve, reject) => {
      this.#thread.on('message', (reply: WorkerReply) => {
        if (reply.type === 'ready') { this.#ready = true; resolve(reply.samples) } else this.#settle(reply)
      })
      this.#thread.on('error', error => { this.#lastError = error as Error })
      this.#thread.on('exit', code => {
        this.#ready = false
        reject(this.#lastError ?? new Error(`An inference worker ended with code ${code} before it was ready`))
        if (!this.#closed) this.#events.onExit(this.#lastError)
      })
    })
  }

  get ready (): boolean { return this.#ready }
  get idle (): boolean { return this.#ready && !this.#running && !this.#closed }
  get running () { return this.#running }

  run (job: Job): void {
    this.#running = { job, startedAt: monotonicMs() }
    this.#post({ type: 'run', ids: job.ids })
  }

  /** Lets the running job end for at most `drainMs`, then ends the thread. */
  async close (drainMs: number): Promise<void> {
    this.#closed = true
    const exited = new Promise<void>(resolve => { this.#thread.once('exit', () => resolve()) })
    this.#post({ type: 'close' })
    const ended = await withinTime(exited, drainMs)
    if (ended) return
    this.terminate()
    await withinTime(exited, TERMINATION_MS)
  }

  /** Ends the thread at once. A thread inside native code ends when that returns. */
  terminate (): void {
    this.#closed = true
    this.#ready = false
    this.#thread.terminate()
  }

  #settle (reply: Exclude<WorkerReply, { type: 'ready' }>): void {
    const job = this.#running?.job
    this.#running = undefined
    // The next job first: its worker computes while the reply to this one is written.
    if (!this.#closed) this.#events.onIdle()
    if (!job) return
    if (reply.type === 'result') job.done(reply.output, reply.modelMs)
    else job.failed(new Error(reply.message))
  }

  #post (request: WorkerRequest): void {
    this.#thread.postMessage(request)
  }
}

async function withinTime (event: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>(resolve => { timer = setTimeout(resolve, limitMs, false) })
  return await Promise.race([event.then(() => true), timeout]).finally(() => clearTimeout(timer))
}
