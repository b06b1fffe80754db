import { readdirSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { InferenceWorker } from '../../../api/inference/inference-worker.ts'
import { loadTokenizer } from '../../../api/inference/tokenizer.ts'
import type { Job } from '../../../api/inference/worker-pool.ts'
import { hasVnni } from '../../../api/inference/vnni.ts'
import { fetchReferenceModel, readPythonReference } from './real-model.ts'

const reference = readPythonReference()
const { manifest, directory } = await fetchReferenceModel()
const LONG_MS = 60_000
const SHORT_TEXT = Int32Array.from(reference.texts[0]!.ids)
const LONG_TEXT = new Int32Array(manifest.input.maxTokens).fill(4)

/** The real thread with the real model. */
async function start (): Promise<InferenceWorker> {
  const worker = new InferenceWorker(
    { modelPath: join(directory, 'model.onnx'), outputName: manifest.output.name, warmupTokens: [16, 64] },
    { onFree () {}, onExit: error => t.fail(`the thread ended: ${error?.message}`) }
  )
  t.teardown(() => worker.close(LONG_MS))
  t.match(await worker.started, [{ tokens: 16, ms: Number }, { tokens: 64, ms: Number }])
  return worker
}

type Outcome = { readonly output: Float32Array, readonly modelMs: number } | Error | 'skipped'

function job (ids: Int32Array): { readonly job: Job, readonly outcome: Promise<Outcome> } {
  let settle!: (outcome: Outcome) => void
  const outcome = new Promise<Outcome>(resolve => { settle = resolve })
  return {
    outcome,
    job: { ids, cost: 1, attempts: 0, done: (output, modelMs) => settle({ output, modelMs }), failed: settle, skipped: () => settle('skipped') }
  }
}

async function embed (worker: InferenceWorker, ids: Iterable<number>) {
  const { job: run, outcome } = job(Int32Array.from(ids))
  worker.run(run)
  const result = await outcome
  if (result === 'skipped' || result instanceof Error) throw new Error(`${result}`)
  return result
}

const worker = await start()

t.test('gives Python\'s embeddings', async t => {
  t.equal(manifest.files.find(({ path }) => path === 'model.onnx')?.sha256, reference.model_sha256, 'the reference is of this model')
  const tokenizer = await loadTokenizer({ directory, ...manifest.input })
  const embedded = reference.texts.filter(({ embedding }) => embedding)
  t.ok(embedded.length >= 40, `${embedded.length} texts`)
  const differences = []
  const cosines = []
  for (const { text, embedding } of embedded) {
    const { output } = await embed(worker, tokenizer.encode(text).ids)
    const components = [...output.subarray(0, embedding!.length)]
    differences.push(...components.map((value, index) => Math.abs(value - embedding![index]!)))
    cosines.push(cosine(components, embedding!))
  }
  // The reference was computed with VNNI. Without it sums are exact too, but floats round differently, and that
  // decides which int8 value an activation becomes.
  t.ok(reference.vnni)
  const largest = hasVnni() ? 1e-5 : 5e-3
  t.ok(Math.max(...differences) < largest, `largest difference ${Math.max(...differences)}`)
  t.ok(Math.min(...cosines) > 0.999, `smallest cosine ${Math.min(...cosines)}`)
})

t.test('lets the threads of HTTP and timers go first', { skip: process.platform === 'linux' ? false : 'only Linux gives each thread a priority' }, async t => {
  const own = getPriority()
  const threads = readdirSync('/proc/self/task').map(Number)
  const lower = threads.filter(thread => getPriority(thread) > own)
  t.equal(lower.length, 1, 'the worker\'s thread alone')
})

t.test('gives the same output for a text whatever ran before', async t => {
  const { output } = await embed(worker, SHORT_TEXT)
  await embed(worker, reference.texts[1]!.ids)
  t.same((await embed(worker, SHORT_TEXT)).output, output)
})

t.test('begins a text when the one before has ended', async t => {
  const [long, short] = [job(LONG_TEXT), job(SHORT_TEXT)]
  worker.run(long.job)
  worker.run(short.job)
  const [first, second] = await Promise.all([long.outcome, short.outcome])
  t.ok((second as { modelMs: number }).modelMs < (first as { modelMs: number }).modelMs, 'its time is its own')
})

t.test('skips a text that was cancelled before it began', async t => {
  const [running, cancelled] = [job(LONG_TEXT), job(SHORT_TEXT)]
  worker.run(running.job)
  worker.run(cancelled.job)
  worker.cancel(cancelled.job)
  t.equal(await cancelled.outcome, 'skipped')
  t.match(await running.outcome, { output: { length: manifest.output.size } })
  const { output } = await embed(worker, SHORT_TEXT)
  t.equal(output.length, manifest.output.size, 'the next text in that place runs')
})

t.test('says when the model cannot run a text, and goes on', async t => {
  // Half an id fails before the engine, which would write to standard error.
  const { job: impossible, outcome } = job(Float32Array.of(0, 0.5, 2) as unknown as Int32Array)
  worker.run(impossible)
  t.type(await outcome, Error)
  t.equal((await embed(worker, SHORT_TEXT)).output.length, manifest.output.size)
})

t.test('ends the texts that it holds before it closes', async t => {
  const closing = await start()
  t.equal(closing.ready, true)
  const [running, waiting] = [job(LONG_TEXT), job(SHORT_TEXT)]
  closing.run(running.job)
  await new Promise(resolve => { setTimeout(resolve, 5) }) // the second one comes while the model computes
  closing.run(waiting.job)
  await closing.close(LONG_MS)
  t.match(closing, { ready: false, jobs: { length: 0 } })
  for (const { outcome } of [running, waiting]) t.match(await outcome, { output: { length: manifest.output.size } })
})

function cosine (a: readonly number[], b: readonly number[]): number {
  const dot = (left: readonly number[], right: readonly number[]) => left.reduce((sum, value, index) => sum + value * right[index]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
