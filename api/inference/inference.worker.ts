import { parentPort, workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import { monotonicMs } from './clock.ts'
import { SESSION_OPTIONS } from './engine-settings.ts'
import { feedsOf } from './feeds.ts'
import { yieldToOtherThreads } from './thread-priority.ts'
import { IN_ENGINE, type WorkerData, type WorkerReply, type WorkerRequest } from './worker-protocol.ts'

/**
 * One single-threaded ONNX session. onnxruntime-node computes on the calling thread even where it returns a promise,
 * so the session lives here, away from HTTP and timers.
 */
const { modelPath, outputName, warmupTokens, flags } = workerData as WorkerData
const port = parentPort!

yieldToOtherThreads()
const session = await inEngine(async () => await ort.InferenceSession.create(modelPath, SESSION_OPTIONS))

/** The engine begins a run on a later turn of the loop: without this chain the request behind would overtake it. */
let previous = Promise.resolve()
port.on('message', (request: WorkerRequest) => { previous = previous.then(() => answer(request)) })

reply({ type: 'ready', samples: await warmUp() })

async function answer (request: WorkerRequest): Promise<void> {
  if (request.type === 'close') { await close(); return }
  if (Atomics.load(flags, request.slot) !== 0) { reply({ type: 'skipped' }); return }
  try {
    reply({ type: 'result', ...await run(request.ids) })
  } catch (error) {
    reply({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

/** One text a run: a batch shares its int8 scales, so that a text's scores would depend on its neighbours. */
async function run (ids: Int32Array): Promise<{ output: Float32Array, modelMs: number }> {
  const startedAt = monotonicMs()
  const feeds = feedsOf(ids, session.inputNames)
  const results = await inEngine(async () => await session.run(feeds, [outputName]))
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

async function close (): Promise<void> {
  await inEngine(async () => await session.release()).finally(() => port.close())
}

/** A thread that is ended inside the engine takes the whole process down: the main thread looks at this flag first. */
async function inEngine<Result> (work: () => Promise<Result>): Promise<Result> {
  Atomics.store(flags, IN_ENGINE, 1)
  return await work().finally(() => Atomics.store(flags, IN_ENGINE, 0))
}

function reply (message: WorkerReply): void {
  port.postMessage(message)
}
