import { EventEmitter, once } from 'node:events'
import { type IncomingHttpHeaders, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type ClassifyClient, type ClassifyClientOptions, createClassifyClient } from '../../../adapter/classify/client.ts'
import { type Classification, ERRORS, type ErrorCode, type Inquiry } from '../../../openapi/index.ts'

export interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly inquiry: Inquiry
  readonly at: number
  /** How many requests came over its connection before it. */
  readonly before: number
}

/** What the API does with a request. */
export type Behaviour = (response: ServerResponse, received: Received) => void

/** An API that does as it is told, on a port of its own that it keeps over restarts. */
export class FakeApi extends EventEmitter {
  /** Reassign it at any time. */
  behaviour: Behaviour = answer()
  readonly received: Received[] = []
  #port = 0
  #server: Server | undefined

  static async start (t: Test): Promise<FakeApi> {
    const api = new FakeApi()
    await api.start()
    t.teardown(async () => await api.stop())
    return api
  }

  get url (): string { return `http://127.0.0.1:${this.#port}/classify` }

  async start (): Promise<void> {
    const requests = new WeakMap<object, number>()
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const before = requests.get(request.socket) ?? 0
      requests.set(request.socket, before + 1)
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('end', () => {
        const { method, url, headers } = request
        const received = { method, url, headers, before, at: Date.now(), inquiry: JSON.parse(Buffer.concat(chunks).toString()) as Inquiry }
        this.received.push(received)
        response.on('close', () => { if (!response.writableFinished) this.emit('left', received.inquiry.id) })
        this.behaviour(response, received)
        this.emit('request', received)
      })
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop (): Promise<void> {
    if (!this.#server?.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async connections (): Promise<number> {
    return await new Promise((resolve, reject) => this.#server!.getConnections((error, count) => error ? reject(error) : resolve(count)))
  }

  /** Forgets what was received. @returns it */
  take (): Received[] {
    return this.received.splice(0)
  }
}

export function classification (id: string | undefined): Classification {
  return {
    id: id ?? 'made-by-the-api',
    decision: 'classified',
    category: 'garden',
    confidence: 0.93,
    margin: 0.8,
    reason: null,
    alternatives: [{ category: 'garden', confidence: 0.93 }, { category: 'tools', confidence: 0.05 }],
    model: { name: 'stub', version: '1.0.0' },
    tokens: 12,
    truncated: false
  }
}

export function answer (change: Record<string, unknown> = {}): Behaviour {
  return (response, { inquiry }) => sendJson(response, 200, { ...classification(inquiry.id), ...change })
}

/** Answers after a while. */
export function slow (ms: number, then: Behaviour = answer()): Behaviour {
  return (response, received) => { setTimeout(() => then(response, received), ms) }
}

export function hang (): Behaviour {
  return () => {}
}

/** A problem document of the API. */
export function problem (code: ErrorCode, headers: Record<string, string> = {}): Behaviour {
  const { status, title } = ERRORS[code]
  return response => sendJson(response, status, { type: `/errors#${code}`, title, status, code }, { 'content-type': 'application/problem+json', ...headers })
}

/** What something between us and the API answers. */
export function bare (status: number, body = '<html>', headers: Record<string, string> = {}): Behaviour {
  return response => response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(body)
}

/** Behaves in turn; the last one stays. */
export function inTurn (...behaviours: Behaviour[]): Behaviour {
  let next = 0
  return (response, received) => behaviours[Math.min(next++, behaviours.length - 1)]!(response, received)
}

function sendJson (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** A client of the fake API, closed with the test. */
export function clientOf (t: Test, api: FakeApi, options: Partial<ClassifyClientOptions> = {}): ClassifyClient {
  const client = createClassifyClient({
    url: api.url,
    attempts: 3,
    lateGraceMs: 1_000,
    breaker: { errorPercent: 0, resetMs: 100 },
    connections: 8,
    ...options
  })
  t.teardown(async () => await client.close())
  return client
}

export const inquiry = (id = 'a1b2'): Inquiry => ({ id, text: 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich?' })

/** A deadline so far off that no test reaches it. */
export const farOff = (): number => Date.now() + 60_000

export const TIMEOUT = { kind: 'manual', reason: 'timeout' }
export const UNAVAILABLE = { kind: 'manual', reason: 'api_unavailable' }

/** How long a promise takes, in milliseconds, and what it comes to. */
export async function timed<Value> (promise: Promise<Value>): Promise<{ value: Value, ms: number }> {
  const startedAt = performance.now()
  return { value: await promise, ms: performance.now() - startedAt }
}
