import type { InferenceSession } from 'onnxruntime-node'

/**
 * Settings of ONNX Runtime's session that go with `extra`.
 * - `x64quantprecision`: without VNNI instructions the sums of int8 products would saturate at 16 bits, and the
 *   embeddings differ from those that the model was evaluated with (cosine 0.996 on average). Where there is VNNI, no effect.
 * - `allow_spinning`: waiting threads would use the cores of those that compute.
 */
export const ENGINE_SETTINGS = { session: { x64quantprecision: '1', intra_op: { allow_spinning: '0' } } }

/** How every model is run: on one thread. */
export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  extra: ENGINE_SETTINGS
}
