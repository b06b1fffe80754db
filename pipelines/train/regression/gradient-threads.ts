import '../../../api/inference/no-telemetry.ts'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { GradientPart } from './gradient-part.ts'
import type { Problem } from './problem.ts'

/** What a thread is started with. */
export interface PartData {
  readonly problem: Problem
  readonly part: number
  readonly parts: number
}

export type PartRequest = 'sumItems' | 'sumColumns' | 'close'

/** Computes what `Problem` has room for: errors, sums of chunks and the sparse gradient at its point. */
export interface GradientThreads {
  compute(): Promise<void>
  close(): Promise<void>
}

const WORKER_FILE = new URL(`./gradient.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/** @param threads 1 computes in the calling thread */
export async function startGradientThreads (problem: Problem, threads: number): Promise<GradientThreads> {
  if (threads === 1) return await inThisThread(problem)
  const workers = await Promise.all(Array.from({ length: threads }, async (_, part) => await start({ problem, part, parts: threads })))
  const exits = workers.map(async worker => await once(worker, 'exit'))
  const all = async (request: PartRequest) => {
    await Promise.all(workers.map(async worker => {
      worker.postMessage(request)
      await once(worker, 'message')
    }))
  }
  return {
    async compute () {
      await all('sumItems')
      if (problem.columns) await all('sumColumns')
    },
    async close () {
      for (const worker of workers) worker.postMessage('close')
      await Promise.allSettled(exits)
    }
  }
}

async function start (workerData: PartData): Promise<Worker> {
  const worker = new Worker(WORKER_FILE, { workerData, name: 'gradient' })
  await once(worker, 'message')
  return worker
}

async function inThisThread (problem: Problem): Promise<GradientThreads> {
  const whole = await GradientPart.open(problem, 0, 1)
  return {
    async compute () {
      await whole.sumItems()
      whole.sumColumns()
    },
    close: async () => await whole.close()
  }
}
