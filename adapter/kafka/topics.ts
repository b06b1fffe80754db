import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Logger } from 'pino'
import type { AdapterConfig } from '../config.ts'
import { ERROR_EXPLANATIONS, explain, isHopeless } from './explain-error.ts'
import { createTopics, warnOfSettings } from './topic-settings.ts'

export interface TopicsOptions {
  /** Not yet connected, or connected; it is left open. With `retry: TRY_ONCE` on its Kafka the reason of each failure is told. */
  readonly admin: Pick<Admin, 'connect' | 'fetchTopicMetadata' | 'createTopics' | 'describeConfigs'>
  readonly config: AdapterConfig
  readonly log: Logger
  readonly signal: AbortSignal
  /** Time between looks, in milliseconds. @default 1000 */
  readonly pollMs?: number
}

/** How many partitions each topic has. */
export interface TopicPartitions {
  readonly inquiries: number
  readonly results: number
  readonly late: number
  readonly deadLetters: number
}

/** How long the same message is not told again. */
const REMIND_MS = 10_000

/** What brokers need to have heard of a new topic. */
const CREATED_MS = 50

/**
 * Waits until the brokers answer and all four topics are there, and says what is missing; creates them where
 * `CREATE_TOPICS` says so. Warns of settings by which decisions would be lost.
 * @throws when the brokers refuse the adapter for good, or the signal's reason once that is aborted
 */
export async function ensureTopics ({ admin, config, log, signal, pollMs = 1_000 }: TopicsOptions): Promise<TopicPartitions> {
  const { INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC } = config
  const names = [INQUIRY_TOPIC, RESULT_TOPIC, LATE_TOPIC, DEAD_LETTER_TOPIC]
  const remind = createReminder(log)
  const attempt = async <Result>(call: () => Promise<Result>, what: string): Promise<Result> => await untilAborted(persist(call, { what, remind, signal, pollMs }), signal)

  await attempt(async () => await admin.connect(), `waiting for Kafka at ${config.KAFKA_BROKERS}`)
  for (;;) {
    const found = new Map<string, number>()
    for (const name of names) found.set(name, await attempt(async () => await countPartitions(admin, name), `waiting for topic ${name}`))
    const missing = names.filter(name => found.get(name) === 0)
    if (missing.length === 0) {
      await untilAborted(warnOfSettings({ admin, config, log }), signal)
      const [inquiries, results, late, deadLetters] = names.map(name => found.get(name)!) as [number, number, number, number]
      return { inquiries, results, late, deadLetters }
    }
    let isCreated = false
    if (config.CREATE_TOPICS) {
      try {
        isCreated = await untilAborted(createTopics({ admin, config, log, missing }), signal)
      } catch (error) {
        signal.throwIfAborted()
        remind({ topics: missing }, `topics cannot be created: ${explain(error)}`)
      }
    } else {
      remind({ topics: missing }, `missing in Kafka: ${missing.join(', ')}. Create ${missing.length > 1 ? 'them' : 'it'} with cleanup.policy=delete, or set CREATE_TOPICS=true`)
    }
    await pause(isCreated ? CREATED_MS : pollMs, signal)
  }
}

/** 0 where there is no such topic. */
async function countPartitions (admin: TopicsOptions['admin'], name: string): Promise<number> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
    return topics.find(topic => topic.name === name)?.partitions.length ?? 0
  } catch (error) {
    if (explain(error) === ERROR_EXPLANATIONS.UNKNOWN_TOPIC_OR_PARTITION) return 0
    throw error
  }
}

interface PersistOptions {
  readonly what: string
  readonly remind: Reminder
  readonly signal: AbortSignal
  readonly pollMs: number
}

/** Makes a call until it succeeds, also telling of it while it takes long. */
async function persist<Result> (call: () => Promise<Result>, { what, remind, signal, pollMs }: PersistOptions): Promise<Result> {
  for (;;) {
    const reminder = setInterval(() => remind({}, `${what}: no answer yet`), REMIND_MS).unref()
    try {
      return await call()
    } catch (error) {
      if (isHopeless(error)) throw new Error(`Kafka refuses the adapter: ${explain(error)}`, { cause: error })
      signal.throwIfAborted()
      remind({}, `${what}: ${explain(error)}`)
    } finally {
      clearInterval(reminder)
    }
    await pause(pollMs, signal)
  }
}

async function pause (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}

type Reminder = (fields: object, message: string) => void

/** Logs a message when it is new, and again every few seconds. */
function createReminder (log: Logger): Reminder {
  const toldAt = new Map<string, number>()
  return (fields, message) => {
    if (Date.now() - (toldAt.get(message) ?? -Infinity) < REMIND_MS) return
    toldAt.set(message, Date.now())
    log.warn(fields, message)
  }
}

/** kafkajs's calls cannot be called off; at a shutdown they are left alone. */
async function untilAborted<Result> (work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted()
  let abort: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
  })
  work.catch(() => {}) // heard below, unless the abort came first
  return await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort!))
}
