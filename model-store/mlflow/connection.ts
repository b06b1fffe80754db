import { setTimeout as sleep } from 'node:timers/promises'
import { MlflowError, isUnavailable } from './errors.ts'

/** Where an MLflow server is and who asks. */
export interface MlflowServer {
  /** `http://host:port`, with a path where a proxy puts it under one. */
  readonly url: string
  /** For servers that ask for a login (basic auth). */
  readonly username?: string | undefined
  readonly password?: string | undefined
}

export type RequestBody = NonNullable<RequestInit['body']>

export interface MlflowRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Below the server's URL, encoded, with its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Made anew for each try. */
  readonly body?: () => RequestBody
  /** Longest time from the first byte sent to the last one read. */
  readonly deadlineMs: number
  /** Whether it may be sent again when no answer came: the first one may have been carried out. */
  readonly repeatable: boolean
}

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 100
const MOST_TOLD = 300

/** HTTP to an MLflow server: login, deadlines, retries, errors. Built-in fetch and nothing else. */
export class MlflowConnection {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  /** @throws {MlflowError} ERR_MLFLOW_ADDRESS */
  constructor ({ url, username, password }: MlflowServer) {
    checkAddress(url)
    this.#url = url.replace(/\/+$/, '')
    this.#headers = username ? { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` } : {}
  }

  /**
   * Sends a request until it is answered, at most three times, and reads the answer.
   * @throws {MlflowError}
   */
  async send<Result> (request: MlflowRequest, read: (response: Response) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(request, read)
      } catch (error) {
        if (!request.repeatable || attempt === ATTEMPTS || !isUnavailable(error)) throw error
        await sleep(FIRST_PAUSE_MS * 2 ** attempt)
      }
    }
  }

  async #sendOnce<Result> (request: MlflowRequest, read: (response: Response) => Promise<Result>): Promise<Result> {
    const { method, path, headers, body, deadlineMs } = request
    const what = `${method} ${path.replace(/\?.*/, '')} at ${this.#url}`
    try {
      const response = await fetch(this.#url + path, {
        method,
        headers: { ...this.#headers, ...headers },
        body: body?.() ?? null,
        duplex: 'half',
        signal: AbortSignal.timeout(deadlineMs)
      })
      if (!response.ok) throw failureOf(response.status, await response.text(), what)
      return await read(response)
    } catch (error) {
      throw isNetworkFailure(error) ? noAnswer(error, what, deadlineMs) : error
    }
  }
}

function checkAddress (url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) throw new MlflowError('ERR_MLFLOW_ADDRESS', 'An MLflow server is named by its address, http://host:port')
  if (parsed.username || parsed.password) throw new MlflowError('ERR_MLFLOW_ADDRESS', 'The login for MLflow belongs in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, not in the address')
}

/** An error that is told as JSON, or as text or HTML where it does not come from MLflow's own handlers. */
function failureOf (status: number, text: string, what: string): MlflowError {
  const { error_code: reason = `HTTP_${status}`, message = withoutTags(text) } = parseFailure(text)
  const isPassing = status >= 500 || status === 429 || status === 408
  return new MlflowError(isPassing ? 'ERR_MLFLOW_UNAVAILABLE' : 'ERR_MLFLOW_REFUSED', `${what} answered ${status} ${reason}: ${message.slice(0, MOST_TOLD)}`, { reason })
}

function parseFailure (text: string): { error_code?: string, message?: string } {
  try {
    const { error_code: reason, message } = JSON.parse(text)
    return { ...(typeof reason === 'string' && { error_code: reason }), ...(typeof message === 'string' && { message }) }
  } catch {
    return {}
  }
}

function withoutTags (text: string): string {
  return text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim()
}

/** As fetch tells them; anything else comes from whoever reads the answer, for example a disk that is full. */
function isNetworkFailure (error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')
}

function noAnswer (error: Error, what: string, deadlineMs: number): MlflowError {
  const { name, message, cause } = error
  const reason = name === 'TimeoutError' ? `not within ${deadlineMs} ms` : cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message
  return new MlflowError('ERR_MLFLOW_UNAVAILABLE', `${what} was not answered: ${reason}`, { cause: error })
}
