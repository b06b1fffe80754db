import type { InferenceSession } from 'onnxruntime-node'
import { hasVnni } from './vnni.ts'

/**
 * Settings of ONNX Runtime's session that go with `extra`.
 * - `x64quantprecision`: without VNNI instructions the sums of int8 products would saturate at 16 bits, and the
 *   embeddings differ from those that the model was evaluated with (cosine 0.996 on average). With them sums are exact
 *   anyway, and the setting would keep the engine from using them: 1.7 times the time.
 * - `allow_spinning`: waiting threads would use the cores of those that compute.
 */
export const ENGINE_SETTINGS = { session: { ...(!hasVnni() && { x64quantprecision: '1' }), intra_op: { allow_spinning: '0' } } }

/** How every model is run: on one thread. */
export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  extra: ENGINE_SETTINGS
}
