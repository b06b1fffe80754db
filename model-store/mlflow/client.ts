import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import { MlflowConnection, type MlflowServer } from './connection.ts'
import { MlflowArtifacts } from './artifacts.ts'
import { MlflowError } from './errors.ts'

export interface CallOptions<Schema extends TSchema> {
  /** What of the answer is used. The answer may have more. */
  readonly answer: Schema
  /** Query of a GET, JSON body of the others. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** @default true for GET, false for the others: see `MlflowRequest` */
  readonly repeatable?: boolean
  /** @default 30000 */
  readonly deadlineMs?: number
}

const API = '/api/2.0/mlflow/'
const DEADLINE_MS = 30_000

/**
 * MLflow's REST API, as far as it is used here. Every call has a deadline; those that may be repeated are, when no
 * answer comes. What a call gives is checked, as MLflow says some failures with status 200.
 */
export class MlflowClient {
  readonly artifacts: MlflowArtifacts
  readonly #connection: MlflowConnection

  constructor (server: MlflowServer) {
    this.#connection = new MlflowConnection(server)
    this.artifacts = new MlflowArtifacts(this.#connection)
  }

  /** @throws {MlflowError} */
  async get<Schema extends TSchema> (path: string, options: CallOptions<Schema>): Promise<Static<Schema>> {
    const query = new URLSearchParams(Object.entries(options.parameters).map(([key, value]): [string, string] => [key, String(value)]))
    return await this.#call('GET', `${API}${path}?${query}`, { repeatable: true, ...options })
  }

  /** @throws {MlflowError} */
  async post<Schema extends TSchema> (path: string, options: CallOptions<Schema>): Promise<Static<Schema>> {
    return await this.#call('POST', API + path, options)
  }

  /** @throws {MlflowError} */
  async patch<Schema extends TSchema> (path: string, options: CallOptions<Schema>): Promise<Static<Schema>> {
    return await this.#call('PATCH', API + path, options)
  }

  /** @throws {MlflowError} */
  async delete<Schema extends TSchema> (path: string, options: CallOptions<Schema>): Promise<Static<Schema>> {
    return await this.#call('DELETE', API + path, options)
  }

  async #call<Schema extends TSchema> (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, options: CallOptions<Schema>): Promise<Static<Schema>> {
    const { answer, parameters, repeatable = false, deadlineMs = DEADLINE_MS } = options
    const json = method === 'GET' ? undefined : JSON.stringify(parameters)
    const text = await this.#connection.send({
      method, path, repeatable, deadlineMs, ...(json !== undefined && { headers: { 'content-type': 'application/json' }, body: () => json })
    }, response => response.text())
    return checked(answer, text, `${method} ${path.replace(/\?.*/, '')}`)
  }
}

function checked<Schema extends TSchema> (schema: Schema, text: string, what: string): Static<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new MlflowError('ERR_MLFLOW_ANSWER', `${what} did not answer with JSON: is this an MLflow server?`, { cause })
  }
  if (Value.Check(schema, value)) return value
  const [error] = Value.Errors(schema, value)
  throw new MlflowError('ERR_MLFLOW_ANSWER', `${what} answered something else than MLflow does: ${error?.instancePath || '/'} ${error?.message}`)
}
