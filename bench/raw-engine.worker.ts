import { parentPort, workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import { ENGINE_SETTINGS } from '../api/inference/engine-settings.ts'
import { loadTokenizer } from '../api/inference/tokenizer.ts'
import type { RawEngineTask } from './raw-engine.ts'

/** The bare loop: tokenizer and session, nothing around them. */
const { directory, input, outputName, threads, texts, offset, durationMs } = workerData as RawEngineTask & { offset: number }

const tokenizer = await loadTokenizer({ directory, ...input })
const session = await ort.InferenceSession.create(`${directory}/model.onnx`, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  extra: ENGINE_SETTINGS
})

async function classifyOnce (text: string): Promise<void> {
  const { ids } = tokenizer.encode(text)
  const shape = [1, ids.length]
  await session.run({
    input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
    attention_mask: new ort.Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape)
  }, [outputName])
}

for (let index = 0; index < 20; index++) await classifyOnce(texts[(offset + index) % texts.length]!)
parentPort!.postMessage('ready')
await new Promise<void>(resolve => { parentPort!.once('message', () => resolve()) })

const latencies: number[] = []
const endsAt = performance.now() + durationMs
for (let index = offset; performance.now() < endsAt; index++) {
  const startedAt = performance.now()
  await classifyOnce(texts[index % texts.length]!)
  latencies.push(performance.now() - startedAt)
}
await session.release()
parentPort!.postMessage(latencies)
parentPort!.close()
