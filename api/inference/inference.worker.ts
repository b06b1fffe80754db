import { parentPort, workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import { monotonicMs } from './clock.ts'
import type { WorkerData, WorkerReply, WorkerRequest } from './worker-protocol.ts'

/**
 * One single-threaded ONNX session. onnxruntime-node computes on the calling thread even where it returns a promise,
 * so the session lives here, away from HTTP and timers.
 */
const { modelPath, outputName, warmupTokens, cancelled } = workerData as WorkerData
const port = parentPort!

const session = await ort.InferenceSession.create(modelPath, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  extra: { session: { intra_op: { allow_spinning: '0' } } }
})
const takesMask = session.inputNames.includes('attention_mask')

port.on('message', (request: WorkerRequest) => {
  if (request.type === 'close') { close(); return }
  if (Atomics.load(cancelled, request.slot) !== 0) { reply({ type: 'skipped' }); return }
  run(request.ids).then(
    ({ output, modelMs }) => reply({ type: 'result', output, modelMs }),
    (error: unknown) => reply({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  )
})

reply({ type: 'ready', samples: await warmUp() })

/** One text a run: a batch shares its int8 scales, so that a text's scores would depend on its neighbours. */
async function run (ids: Int32Array): Promise<{ output: Float32Array, modelMs: number }> {
  const startedAt = monotonicMs()
  const shape = [1, ids.length]
  const feeds: Record<string, ort.Tensor> = { input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), shape) }
  if (takesMask) feeds.attention_mask = new ort.Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape)
  const results = await session.run(feeds, [outputName])
  const output = results[outputName]!.data as Float32Array
  return { output, modelMs: monotonicMs() - startedAt }
}

/** Runs each length until its time is settled, so that the first customer does not pay for cold caches. */
async function warmUp () {
  const samples = []
  for (const tokens of warmupTokens) {
    const times = []
    for (let repeat = 0; repeat < 4; repeat++) times.push((await run(new Int32Array(tokens).fill(4))).modelMs)
    samples.push({ tokens, ms: Math.min(...times) })
  }
  return samples
}

function close (): void {
  session.release().finally(() => port.close())
}

function reply (message: WorkerReply): void {
  port.postMessage(message)
}
