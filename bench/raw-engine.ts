import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Manifest } from '../model-store/manifest.ts'
import { quantile } from './statistics.ts'

// As the service does: no reports to the engine's maker.
process.env.ORT_DISABLE_TELEMETRY = '1'

export interface RawEngineTask {
  readonly directory: string
  readonly input: Manifest['input']
  readonly outputName: string
  readonly texts: readonly string[]
  /** Threads of each session. */
  readonly threads: number
  readonly durationMs: number
}

export interface RawEngineResult {
  /** Classifications a second, all workers together. */
  readonly throughput: number
  readonly p50: number
  /** Processor time, in seconds, for 1,000 classifications. */
  readonly cpuPerThousand: number
}

/** Runs the bare engine in a number of worker threads side by side: the limit that a service is measured against. */
export async function runRawEngine (workers: number, task: RawEngineTask): Promise<RawEngineResult> {
  const threads = Array.from({ length: workers }, (_, index) => new Worker(new URL('./raw-engine.worker.js', import.meta.url), {
    workerData: { ...task, offset: Math.floor(index * task.texts.length / workers) }
  }))
  await Promise.all(threads.map(thread => once(thread, 'message')))
  const cpuBefore = process.cpuUsage()
  const results = threads.map(async thread => {
    thread.postMessage('go')
    const [latencies] = await once(thread, 'message')
    return latencies as number[]
  })
  const latencies = (await Promise.all(results)).flat()
  const cpu = process.cpuUsage(cpuBefore)
  await Promise.all(threads.map(thread => once(thread, 'exit')))
  return {
    throughput: latencies.length / task.durationMs * 1e3,
    p50: quantile(latencies, 0.5),
    cpuPerThousand: (cpu.user + cpu.system) / 1e6 / latencies.length * 1e3
  }
}
