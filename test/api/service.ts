import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { Compile } from 'typebox/schema'
import { type TypedInstance, buildApp } from '../../api/app.ts'
import { readConfig } from '../../api/config.ts'
import { Classifier } from '../../api/inference/classifier.ts'
import { type Metrics, createMetrics } from '../../api/metrics.ts'
import { ServiceState } from '../../api/service-state.ts'
import { fetchByAlias, openModelStore } from '../../model-store/open.ts'
import { ERRORS, type ErrorCode, type Problem } from '../../openapi/index.ts'

/** An inquiry that the model is sure of. */
export const INQUIRY = { text: 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich?' }
/** One that fills the model's window: some 60 ms of computing. */
export const LONG_INQUIRY = { text: 'Ich habe eine Frage zu meiner Bestellung. '.repeat(60) }

export type Environment = Record<string, string>

/** Everything is logged, so that what must not be would show; and a busy machine has time. */
const SETTINGS: Environment = { LOG_LEVEL: 'trace', MAX_REQUEST_TIMEOUT_MS: '120000' }

/** The service as `api/server.ts` puts it together, in this process: the committed model, one worker. */
export interface Service {
  readonly app: TypedInstance
  readonly log: CapturedLog
  readonly classifier: Classifier
  readonly metrics: Metrics
  readonly serviceState: ServiceState
  /** `POST /classify`, or another path, with a JSON body. */
  post(body: unknown, options?: InjectOptions): Promise<LightMyRequestResponse>
  get(url: string, options?: InjectOptions): Promise<LightMyRequestResponse>
  /** Another app with these settings over the same model and metrics. */
  withSettings(t: Test, environment: Environment, replacement?: Classifier): Promise<Service>
  /** Listens on a free port. */
  listen(): Promise<number>
}

/** Starts the service for one test file; it is closed when the file is done. */
export async function startService (t: Test, environment: Environment = {}): Promise<Service> {
  const config = readConfig(environment)
  const metrics = createMetrics()
  const model = await fetchByAlias(openModelStore(config.MODEL_STORE_URL), config.MODEL_NAME, config.MODEL_ALIAS)
  const classifier = await Classifier.start({ model, workers: 1, maxQueue: config.MAX_QUEUE, hangMs: config.WORKER_HANG_MS, observer: metrics.observer })
  metrics.watch(classifier)
  t.teardown(async () => await classifier.close(0))
  return await build(t, environment, classifier, metrics)
}

async function build (t: Test, environment: Environment, classifier: Classifier, metrics: Metrics): Promise<Service> {
  const log = new CapturedLog()
  const serviceState = new ServiceState()
  const config = readConfig({ ...SETTINGS, ...environment })
  const app = await buildApp({ config, classifier, metrics, serviceState, logStream: log })
  t.teardown(async () => await app.close())
  return {
    app,
    log,
    classifier,
    metrics,
    serviceState,
    post: async (payload, options) => await app.inject({
      method: 'POST',
      url: '/classify',
      payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
      ...options,
      headers: { 'content-type': 'application/json', ...options?.headers }
    }),
    get: async (url, options) => await app.inject({ url, ...options }),
    withSettings: async (owner, settings, replacement = classifier) => await build(owner, settings, replacement, metrics),
    listen: async () => {
      await app.listen({ host: '127.0.0.1', port: 0 })
      return (app.server.address() as AddressInfo).port
    }
  }
}

export type LogEntry = Record<string, unknown>

/** Log lines as they are written. */
export class CapturedLog {
  readonly #lines: string[] = []
  readonly #watchers = new Set<() => void>()

  write (line: string): void {
    this.#lines.push(line)
    for (const watcher of this.#watchers) watcher()
  }

  get text (): string { return this.#lines.join('') }
  get entries (): LogEntry[] { return this.#lines.map(line => JSON.parse(line)) }

  /** The first entry that matches, now or later. */
  async find (matches: (entry: LogEntry) => boolean): Promise<LogEntry> {
    return await new Promise(resolve => {
      const look = () => {
        const entry = this.entries.find(matches)
        if (!entry) return
        this.#watchers.delete(look)
        resolve(entry)
      }
      this.#watchers.add(look)
      look()
    })
  }
}

/** What a client reads of a reply, whichever way it came. */
export interface Reply {
  readonly statusCode: number
  readonly headers: Record<string, unknown>
  readonly body: string
}

/** Sends bytes over a connection of their own and reads until the service closes it. */
export async function exchange (port: number, bytes: string | Buffer): Promise<Reply> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  socket.on('error', () => {}) // a connection that is cut: what came before counts
  socket.write(bytes)
  await new Promise(resolve => socket.once('close', resolve))
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n', 2)
  const [statusLine = '', ...fields] = head.split('\r\n')
  const headers = Object.fromEntries(fields.map(field => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]))
  return { statusCode: Number(statusLine.split(' ')[1]), headers, body }
}

interface Operation { responses: Record<string, { content?: Record<string, { schema: object }> }> }
interface OpenApi { paths: Record<string, Record<string, Operation>>, components: { schemas: Record<string, { properties?: object }> } }

/** The committed contract. */
export const openApi: OpenApi = JSON.parse(readFileSync('openapi/openapi.json', 'utf8'))

/** How a value breaks a schema of the contract; nothing where it does not. */
export function violations (schema: object, value: unknown): string[] {
  const [, errors] = Compile({ ...schema, components: openApi.components }).Errors(value)
  return errors.map(error => `${error.instancePath} ${error.message}`)
}

export function component (name: string): object {
  return { $ref: `#/components/schemas/${name}` }
}

/** How a reply breaks what the contract says of its operation: status, content type, body. */
export function undocumented (operation: string, reply: Reply): string[] {
  const [method = '', path = ''] = operation.split(' ')
  const response = openApi.paths[path]?.[method.toLowerCase()]?.responses[reply.statusCode]
  if (!response) return [`${operation} may not answer ${reply.statusCode}`]
  const type = String(reply.headers['content-type']).split(';')[0]!
  const schema = response.content?.[type]?.schema
  if (!schema) return [`${operation} may not answer ${reply.statusCode} as ${type}`]
  return violations(schema, type.endsWith('json') ? JSON.parse(reply.body) : reply.body)
}

/** Asserts that a reply is the problem of a code, as every error must be told, and gives it. */
export function isProblem (t: Test, reply: Reply, code: ErrorCode, name: string = code): Problem {
  const isJson = String(reply.headers['content-type']).startsWith('application/problem+json')
  const problem: Problem = isJson ? JSON.parse(reply.body) : {}
  const { status, title } = ERRORS[code]
  t.match({ problem, statusCode: reply.statusCode, violations: violations(component('Problem'), problem) }, {
    problem: { type: `/errors#${code}`, title, status, code, requestId: reply.headers['x-request-id'] ?? 'a request id' },
    statusCode: status,
    violations: []
  }, `${name}: ${code}`)
  return problem
}
