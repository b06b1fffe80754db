import { setTimeout as sleep } from 'node:timers/promises'
import { HttpConnection, encodeRequest } from './http-connection.ts'

/**
 * Makes load on the service from a process of its own, so that its processor time can be told apart. Takes one task
 * from the parent and sends back what happened to each request.
 */
export type LoadTask = ClosedTask | OpenTask

/** Each connection sends its next request when the last was answered. */
export interface ClosedTask {
  readonly kind: 'closed'
  readonly origin: string
  readonly texts: readonly string[]
  readonly connections: number
  /** Stops after this time, or after this many requests. */
  readonly limit: { readonly durationMs: number } | { readonly requests: number }
}

/** Requests come at a steady rate, whether earlier ones were answered or not. */
export interface OpenTask {
  readonly kind: 'open'
  readonly origin: string
  readonly texts: readonly string[]
  readonly ratePerSecond: number
  readonly deadlineMs: number
  readonly durationMs: number
}

export interface LoadResult {
  /** One entry a request: HTTP status (0: the connection failed) and milliseconds from when it was due. */
  readonly replies: Array<{ status: number, ms: number }>
  /** Milliseconds of each `/health/live` asked meanwhile. */
  readonly health: number[]
  readonly elapsedMs: number
  /** Processor time of this process meanwhile. */
  readonly cpuSeconds: number
}

const HEALTH_INTERVAL_MS = 50
/** Connections opened before an open loop starts; more are opened when all are busy. */
const OPEN_CONNECTIONS = 64

process.once('message', async (task: LoadTask) => {
  const work = task.kind === 'open' ? await prepareOpen(task) : await prepareClosed(task)
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const controller = new AbortController()
  const health = watchHealth(task.origin, controller.signal)
  const replies = await work()
  const elapsedMs = performance.now() - startedAt
  const cpu = process.cpuUsage(cpuBefore)
  controller.abort()
  const result: LoadResult = { replies, health: await health, elapsedMs, cpuSeconds: (cpu.user + cpu.system) / 1e6 }
  process.send!(result, () => process.disconnect())
})

async function prepareClosed ({ origin, texts, connections, limit }: ClosedTask) {
  const requests = texts.map(text => encodeRequest('POST', '/classify', JSON.stringify({ text })))
  const open = await Promise.all(Array.from({ length: connections }, async () => await HttpConnection.open(origin)))
  return async () => {
    const replies: LoadResult['replies'] = []
    const endsAt = performance.now() + ('durationMs' in limit ? limit.durationMs : Infinity)
    const most = 'requests' in limit ? limit.requests : Infinity
    let sent = 0
    await Promise.all(open.map(async connection => {
      while (performance.now() < endsAt && sent < most) {
        replies.push(await timed(connection, requests[sent++ % requests.length]!, performance.now()))
      }
      connection.close()
    }))
    return replies
  }
}

async function prepareOpen ({ origin, texts, ratePerSecond, deadlineMs, durationMs }: OpenTask) {
  const headers = { 'x-request-timeout-ms': String(deadlineMs) }
  const requests = texts.map(text => encodeRequest('POST', '/classify', JSON.stringify({ text }), headers))
  const idle = await Promise.all(Array.from({ length: OPEN_CONNECTIONS }, async () => await HttpConnection.open(origin)))
  return async () => {
    const pending: Array<Promise<{ status: number, ms: number }>> = []
    const startedAt = performance.now()
    const total = Math.floor(ratePerSecond * durationMs / 1e3)
    const sendOne = async (index: number) => {
      const dueAt = startedAt + (index + 1) / ratePerSecond * 1e3
      const connection = openOne(idle) ?? await HttpConnection.open(origin)
      const reply = await timed(connection, requests[index % requests.length]!, dueAt)
      idle.push(connection)
      return reply
    }
    while (pending.length < total) {
      const due = Math.min(total, Math.floor((performance.now() - startedAt) * ratePerSecond / 1e3))
      while (pending.length < due) pending.push(sendOne(pending.length))
      await sleep(1)
    }
    const replies = await Promise.all(pending)
    for (const connection of idle) connection.close()
    return replies
  }
}

/** Takes a connection that the server has not closed. */
function openOne (idle: HttpConnection[]): HttpConnection | undefined {
  let connection = idle.pop()
  while (connection && !connection.isOpen) connection = idle.pop()
  return connection
}

async function timed (connection: HttpConnection, request: Buffer, dueAt: number) {
  const status = await connection.send(request).catch(() => 0)
  return { status, ms: performance.now() - dueAt }
}

async function watchHealth (origin: string, signal: AbortSignal): Promise<number[]> {
  const connection = await HttpConnection.open(origin)
  const request = encodeRequest('GET', '/health/live')
  const times: number[] = []
  while (!signal.aborted) {
    times.push((await timed(connection, request, performance.now())).ms)
    await sleep(HEALTH_INTERVAL_MS)
  }
  connection.close()
  return times
}
