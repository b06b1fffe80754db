import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LoadResult, LoadTask } from './load-generator.ts'

const START_LIMIT_MS = 30_000
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** A process of ours as it runs in production. */
export interface RunningProcess {
  readonly origin: string
  /** Milliseconds from start to the first `ready`. */
  readonly startMs: number
  /** Processor time used so far, in seconds. */
  cpuSeconds(): number
  /** Resident memory, in MB. */
  residentMb(): number
  stop(): Promise<void>
}

/** The HTTP service, ready. */
export async function startService (environment: Record<string, string> = {}): Promise<RunningProcess> {
  const port = await freePort()
  return await startProcess('../api/server.js', port, { PORT: String(port), ...environment })
}

/** The Kafka adapter, ready. */
export async function startAdapter (environment: Record<string, string>): Promise<RunningProcess> {
  const port = await freePort()
  return await startProcess('../adapter/main.js', port, { HEALTH_PORT: String(port), LOG_LEVEL: 'warn', ...environment })
}

async function startProcess (script: string, port: number, environment: Record<string, string>): Promise<RunningProcess> {
  const origin = `http://127.0.0.1:${port}`
  const startedAt = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  await untilReady(origin, child)
  const { pid } = child
  return {
    origin,
    startMs: performance.now() - startedAt,
    cpuSeconds () {
      // Fields 14 and 15 of proc(5) stat; the command's name, before them, is in parentheses.
      const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
      const fields = rest.split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    },
    residentMb () {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
    },
    async stop () {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
  }
}

/** Runs one load task in a process of its own. */
export async function makeLoad (task: LoadTask): Promise<LoadResult> {
  const generator = fork(fileURLToPath(new URL('./load-generator.js', import.meta.url)))
  generator.send(task)
  const [result] = await once(generator, 'message')
  return result as LoadResult
}

async function untilReady (origin: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + START_LIMIT_MS
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`The process ended with code ${child.exitCode}`)
    const ready = await fetch(`${origin}/health/ready`).then(reply => reply.ok, () => false)
    if (ready) return
    await sleep(20)
  }
  child.kill('SIGKILL')
  throw new Error('The process was not ready in time')
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port')
  return address.port
}
