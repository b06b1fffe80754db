import type { CostSample } from './cost-model.ts'

/** What a worker is started with. */
export interface WorkerOptions {
  readonly modelPath: string
  /** Name of the ONNX output to return. */
  readonly outputName: string
  /** Lengths to warm up with, in tokens. */
  readonly warmupTokens: readonly number[]
}

/** One request at a time: the next is sent when the reply to the last has come. */
export type WorkerRequest =
  | { readonly type: 'run', readonly ids: Int32Array }
  | { readonly type: 'close' }

export type WorkerReply =
  | { readonly type: 'ready', readonly samples: CostSample[] }
  | { readonly type: 'result', readonly output: Float32Array, readonly modelMs: number }
  | { readonly type: 'failed', readonly message: string }
