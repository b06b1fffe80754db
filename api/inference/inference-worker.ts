import { Worker } from 'node:worker_threads'
import './no-telemetry.ts'
import { monotonicMs, withinTime } from './clock.ts'
import type { CostSample } from './cost-model.ts'
import type { Job } from './worker-pool.ts'
import { IN_ENGINE, WORKER_DEPTH, type WorkerData, type WorkerOptions, type WorkerReply, type WorkerRequest } from './worker-protocol.ts'

interface WorkerEvents {
  /** The worker can take another job. */
  readonly onFree: () => void
  /** The thread ended without being asked to. */
  readonly onExit: (error: Error | undefined) => void
}

interface HeldJob {
  readonly job: Job
  readonly slot: number
}

/** How long a thread that was given up may take to end before nobody waits for it. */
const TERMINATION_MS = 1_000

const WORKER_FILE = new URL(`./inference.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** The main thread's side of one worker: the job that runs, and at most one behind it. */
export class InferenceWorker {
  readonly #thread: Worker
  readonly #events: WorkerEvents
  readonly #flags = new Int32Array(new SharedArrayBuffer((WORKER_DEPTH + 1) * Int32Array.BYTES_PER_ELEMENT))
  readonly #held: HeldJob[] = []
  #ready = false
  #closed = false
  #lastError: Error | undefined
  #runningSince = 0
  #nextSlot = 0
  /** Resolves with warm-up times once the model is loaded and warm; rejects when the thread ends before. */
  readonly started: Promise<CostSample[]>
  readonly #exited: Promise<void>

  constructor (options: WorkerOptions, events: WorkerEvents) {
    this.#events = events
    const { file = WORKER_FILE, ...settings } = options
    const workerData: WorkerData = { ...settings, flags: this.#flags }
    this.#thread = new Worker(file, { workerData, name: 'inference' })
    this.#exited = new Promise(resolve => { this.#thread.once('exit', () => resolve()) })
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

  /** How many more jobs it takes. */
  get room (): number { return this.#ready && !this.#closed ? WORKER_DEPTH - this.#held.length : 0 }

  /** Jobs that it holds, the running one first. */
  get jobs (): Job[] { return this.#held.map(({ job }) => job) }

  /** Milliseconds since the running job began; 0 when none runs. */
  get runningMs (): number { return this.#held.length ? monotonicMs() - this.#runningSince : 0 }

  /** Predicted milliseconds until it is idle. */
  get remainingCost (): number {
    const [running, ...waiting] = this.#held
    if (!running) return 0
    return Math.max(0, running.job.cost - this.runningMs) + waiting.reduce((sum, { job }) => sum + job.cost, 0)
  }

  run (job: Job): void {
    const slot = this.#nextSlot
    this.#nextSlot = (slot + 1) % WORKER_DEPTH
    Atomics.store(this.#flags, slot, 0)
    if (this.#held.length === 0) this.#runningSince = monotonicMs()
    this.#held.push({ job, slot })
    this.#post({ type: 'run', slot, ids: job.ids })
  }

  /** Skips a job that has not begun; one that runs is run to its end. */
  cancel (job: Job): void {
    const held = this.#held.find(candidate => candidate.job === job)
    if (held) Atomics.store(this.#flags, held.slot, 1)
  }

  /** Lets the jobs it holds end for at most `drainMs`, then gives the thread up. */
  async close (drainMs: number): Promise<void> {
    this.#closed = true
    this.#post({ type: 'close' })
    if (await withinTime(this.#exited, drainMs)) return
    this.giveUp()
    await withinTime(this.#exited, TERMINATION_MS)
  }

  /**
   * Has nothing to do with the thread any more. It is ended at once; inside the engine, where that would take the
   * process down, it is left behind and ends by itself when the engine returns.
   */
  giveUp (): void {
    this.#closed = true
    this.#ready = false
    this.#thread.unref()
    if (Atomics.load(this.#flags, IN_ENGINE) === 0) this.#thread.terminate()
    else this.#post({ type: 'close' })
  }

  #settle (reply: Exclude<WorkerReply, { type: 'ready' }>): void {
    const held = this.#held.shift()
    this.#runningSince = monotonicMs()
    // The next job first: its worker computes while the reply to this one is written.
    if (!this.#closed) this.#events.onFree()
    if (reply.type === 'result') held?.job.done(reply.output, reply.modelMs)
    else if (reply.type === 'skipped') held?.job.skipped()
    else held?.job.failed(new Error(reply.message))
  }

  #post (request: WorkerRequest): void {
    this.#thread.postMessage(request)
  }
}
