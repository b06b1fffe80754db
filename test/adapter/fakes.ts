import { setMaxListeners } from 'node:events'
import type { KafkaMessage, Message, Producer, ProducerRecord } from 'kafkajs'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import type { ClassifyCallOptions, ClassifyClient, ClassifyOutcome } from '../../adapter/classify/types.ts'
import type { AdapterMetrics } from '../../adapter/metrics.ts'
import type { Classification, DecisionMessage, Inquiry } from '../../openapi/index.ts'

export const silent: Logger = pino({ level: 'silent' })

export interface RecordFields {
  readonly offset: number
  readonly id?: string
  /** @default the id */
  readonly key?: string | null
  /** @default an inquiry with this id */
  readonly value?: string | Buffer | null
  /** Epoch milliseconds. @default now */
  readonly timestamp?: number
  readonly headers?: KafkaMessage['headers']
}

/** A record of the inquiry topic. */
export function inquiryRecord ({ offset, id = `id-${offset}`, key = id, value = JSON.stringify({ id, text: 'Wo ist mein Paket?' }), timestamp = Date.now(), headers = {} }: RecordFields): KafkaMessage {
  return {
    offset: String(offset),
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: String(timestamp),
    attributes: 0,
    headers
  }
}

export function classification (id = 'x', category = 'delivery'): Classification {
  return { id, decision: 'classified', category, confidence: 0.9, margin: 0.8, reason: null, alternatives: [], model: { name: 'fake', version: '1.0.0' }, tokens: 5, truncated: false }
}

/** Errors as kafkajs throws them. */
export const failures = {
  /** The leader refused the records before it appended them. */
  refused: () => wrapped(kafkaError('KafkaJSProtocolError', { type: 'NOT_ENOUGH_REPLICAS' })),
  /** The connection broke while the answer was awaited. */
  closed: () => wrapped(kafkaError('KafkaJSConnectionClosedError')),
  /** What kafkajs makes of a broken connection when it finds nobody to ask for metadata afterwards. */
  closedAndUnreachable: () => wrapped(kafkaError('KafkaJSConnectionError', { code: 'ECONNREFUSED' })),
  timedOut: () => wrapped(kafkaError('KafkaJSRequestTimeoutError')),
  protocol: (type: string) => wrapped(kafkaError('KafkaJSProtocolError', { type }))
}

export function kafkaError (name: string, fields: { type?: string, code?: string, cause?: unknown } = {}): Error {
  return Object.assign(new Error(name), { name }, fields)
}

function wrapped (cause: Error): Error {
  return kafkaError('KafkaJSNumberOfRetriesExceeded', { cause })
}

export interface StoredRecord { readonly topic: string, readonly partition: number | undefined, readonly offset: number, readonly key: string | null, readonly value: string | null, readonly headers: Record<string, string> }

/** A produce request that waits for the test. */
export interface ProduceRequest {
  readonly topic: string
  readonly messages: Message[]
  /** The ids in it. */
  readonly ids: string[]
  succeed: () => void
  /** @param written whether the records are in the log all the same. @default false */
  fail: (error: Error, written?: boolean) => void
}

/** A cluster that keeps what is sent to it, or does not, as the test says. */
export class FakeProducer implements Pick<Producer, 'send'> {
  readonly records: StoredRecord[] = []
  /** Every request, in the order of sending. */
  readonly requests: ProduceRequest[] = []
  /** Whether requests to this topic wait for the test. */
  isHeld: (topic: string) => boolean = () => false
  mostConcurrent = 0
  #concurrent = 0
  /** Produce requests that were put on the wire. */
  sent = 0

  async send ({ topic, messages }: ProducerRecord): Promise<Array<{ topicName: string, partition: number, errorCode: number, baseOffset?: string }>> {
    this.sent++
    this.mostConcurrent = Math.max(this.mostConcurrent, ++this.#concurrent)
    try {
      const baseOffset = await new Promise<number>((resolve, reject) => {
        let isAnswered = false
        const succeed = () => {
          if (!isAnswered) resolve(this.#append(topic, messages))
          isAnswered = true
        }
        const fail = (error: Error, written = false) => {
          if (written) this.#append(topic, messages)
          isAnswered = true
          reject(error)
        }
        this.requests.push({ topic, messages, ids: messages.map(idOf), succeed, fail })
        if (!this.isHeld(topic)) succeed()
      })
      return [{ topicName: topic, partition: messages[0]?.partition ?? 0, errorCode: 0, baseOffset: String(baseOffset) }]
    } finally {
      this.#concurrent--
    }
  }

  of (topic: string): StoredRecord[] { return this.records.filter(record => record.topic === topic) }

  /** The decisions in the log, in the order of writing. */
  get decisions (): DecisionMessage[] { return this.of('results').map(({ value }) => JSON.parse(value!) as DecisionMessage) }

  #append (topic: string, messages: Message[]): number {
    const log = (partition: number | undefined) => this.records.filter(record => record.topic === topic && record.partition === partition).length
    const base = log(messages[0]?.partition)
    for (const { partition, key, value, headers } of messages) {
      this.records.push({
        topic,
        partition,
        offset: log(partition),
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)]))
      })
    }
    return base
  }
}

interface Call extends ClassifyCallOptions { readonly inquiry: Inquiry, readonly at: number, resolve: (outcome: ClassifyOutcome) => void }

/** The client of an API that answers when the test says so, and keeps the client's promise: an outcome by the deadline. */
export class FakeClient implements Pick<ClassifyClient, 'classify'> {
  readonly calls: Call[] = []
  /** Those that wait for an answer. */
  readonly open = new Set<Call>()
  /** What is answered at once; undefined: nothing. */
  answer: ((inquiry: Inquiry) => ClassifyOutcome | undefined) = () => undefined

  async classify (inquiry: Inquiry, options: ClassifyCallOptions): Promise<ClassifyOutcome> {
    const immediately = this.answer(inquiry)
    return await new Promise(resolve => {
      const timer = setTimeout(() => call.resolve({ kind: 'manual', reason: 'timeout' }), options.deadline - Date.now())
      const call: Call = {
        ...options,
        inquiry,
        at: Date.now(),
        resolve: outcome => {
          clearTimeout(timer)
          this.open.delete(call)
          resolve(outcome)
        }
      }
      if (options.signal) setMaxListeners(0, options.signal)
      options.signal?.addEventListener('abort', () => call.resolve({ kind: 'manual', reason: 'api_unavailable' }))
      this.calls.push(call)
      this.open.add(call)
      if (immediately) call.resolve(immediately)
    })
  }

  /** Ids in the order in which they were asked about. */
  get asked (): string[] { return this.calls.map(({ inquiry }) => inquiry.id!) }

  /** Answers the open call about an inquiry. */
  answerTo (id: string, category?: string): void {
    this.#callOf(id).resolve({ kind: 'answer', answer: classification(id, category) })
  }

  resolve (id: string, outcome: ClassifyOutcome): void { this.#callOf(id).resolve(outcome) }

  #callOf (id: string): Call {
    const call = [...this.open].find(({ inquiry }) => inquiry.id === id)
    if (!call) throw new Error(`${id} is not with the API`)
    return call
  }
}

export interface CountedMetrics extends AdapterMetrics { readonly counts: Record<string, number> }

/** Counts what it is told, as `decided:manual:timeout`. */
export function countedMetrics (): CountedMetrics {
  const counts: Record<string, number> = {}
  const count = (name: string) => { counts[name] = (counts[name] ?? 0) + 1 }
  return {
    counts,
    registry: new Registry(),
    decided: ({ decision, reason }) => count(`decided:${decision}:${reason}`),
    lateAnswer: () => count('late'),
    deadLetter: code => count(`deadLetter:${code}`),
    repeated: kind => count(kind),
    duplicateResult: () => count('duplicateResult'),
    attempted: () => count('attempted'),
    produceFailed: topic => count(`produceFailed:${topic}`),
    watch: () => {}
  }
}

function idOf ({ value }: Message): string {
  try {
    return String((JSON.parse(String(value)) as { id: unknown }).id)
  } catch {
    return '' // a dead letter
  }
}
