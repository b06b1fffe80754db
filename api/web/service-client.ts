import type { Categories, Classification, Model, Problem } from '../../openapi/index.ts'

/** Milliseconds of the stages that `Server-Timing` names. */
export type Timing = Record<string, number>

export type Failure =
  | { readonly kind: 'problem', readonly problem: Problem, readonly retryAfterSeconds: number | undefined }
  /** Not a document of the service: a proxy's error page, say. */
  | { readonly kind: 'unreadable', readonly status: number }
  /** No answer, or none in time. */
  | { readonly kind: 'unreachable' }

export type Reply<Body> = { readonly kind: 'answer', readonly body: Body, readonly timing: Timing } | Failure

/** After this long an answer is not expected any more; the service gives up long before. */
const PATIENCE_MS = 60_000
const TOP_K = 4

/** The service, as the public API shows it. Failures are values, as the page has to show every one of them. */
export class ServiceClient {
  /** Sent along once the service has asked for one. */
  apiKey = ''

  async classify (text: string, signal: AbortSignal): Promise<Reply<Classification>> {
    return await this.#ask('/classify', { method: 'POST', body: JSON.stringify({ text, topK: TOP_K }), headers: { 'content-type': 'application/json' }, signal })
  }

  async categories (): Promise<Reply<Categories>> { return await this.#ask('/categories') }
  async model (): Promise<Reply<Model>> { return await this.#ask('/model') }

  async #ask<Body> (path: string, { signal, ...init }: RequestInit = {}): Promise<Reply<Body>> {
    const headers = new Headers(init.headers)
    if (this.apiKey) headers.set('x-api-key', this.apiKey)
    try {
      const patience = AbortSignal.timeout(PATIENCE_MS)
      const response = await fetch(path, { ...init, headers, signal: signal ? AbortSignal.any([signal, patience]) : patience })
      return await read(response)
    } catch {
      return { kind: 'unreachable' }
    }
  }
}

async function read<Body> (response: Response): Promise<Reply<Body>> {
  const { status, headers } = response
  const type = headers.get('content-type') ?? ''
  if (response.ok && type.startsWith('application/json')) {
    return { kind: 'answer', body: await response.json(), timing: timingOf(headers.get('server-timing') ?? '') }
  }
  if (!type.startsWith('application/problem+json')) return { kind: 'unreadable', status }
  const seconds = Number(headers.get('retry-after') ?? NaN)
  return { kind: 'problem', problem: await response.json(), retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined }
}

/** Reads `queue;dur=0.10, model;dur=9.8`. */
function timingOf (header: string): Timing {
  return Object.fromEntries([...header.matchAll(/(\w+);dur=([\d.]+)/g)].map(([, stage, ms]) => [stage, Number(ms)]))
}
