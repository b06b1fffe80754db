import type { CostSample } from './cost-model.ts'

/** Jobs that a worker holds at most: the one that runs, and the next, so that it never waits for the main thread. */
export const WORKER_DEPTH = 2

/** What a worker is started with. */
export interface WorkerOptions {
  readonly modelPath: string
  /** Name of the ONNX output to return. */
  readonly outputName: string
  /** Lengths to warm up with, in tokens. */
  readonly warmupTokens: readonly number[]
  /** What the thread runs. @default the ONNX worker beside this file */
  readonly file?: URL
}

export interface WorkerData extends Omit<WorkerOptions, 'file'> {
  /**
   * Flags shared with the main thread, one int32 each. One a job slot: not 0 when nobody waits any more for the job in
   * it. Then `IN_ENGINE`: not 0 while the thread is inside the ONNX engine.
   */
  readonly flags: Int32Array
}

/** Where the flag stands that says whether the thread is inside the engine. */
export const IN_ENGINE = WORKER_DEPTH

/** Requests are answered one by one, in order. */
export type WorkerRequest =
  | { readonly type: 'run', readonly slot: number, readonly ids: Int32Array }
  | { readonly type: 'close' }

export type WorkerReply =
  | { readonly type: 'ready', readonly samples: CostSample[] }
  | { readonly type: 'result', readonly output: Float32Array, readonly modelMs: number }
  | { readonly type: 'failed', readonly message: string }
  | { readonly type: 'skipped' }
