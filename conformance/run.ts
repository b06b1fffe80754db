import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaCluster } from '../scripts/kafka/cluster.ts'
import { AdapterProcess } from './adapter-process.ts'
import { sendCompressed } from './compressed.ts'
import { type DeadLetter, readDeadLetter } from './dead-letter.ts'
import { Driver } from './driver.ts'
import { inquiryMaker } from './inquiries.ts'
import { readInquiryLog } from './inquiry-log.ts'
import { startRealApi } from './real-api.ts'
import type { Outage } from './outage.ts'
import type { Report } from './report.ts'
import { failuresOf } from './requirements.ts'
import { type ResultRecord, readResult } from './result-record.ts'
import { ResultsReader } from './results-reader.ts'
import type { Scenario } from './scenarios.ts'
import type { SentRecord } from './sent-record.ts'
import { Stage } from './stage.ts'
import { startStubApi } from './stub-api.ts'
import { TopicAdmin, type Topics } from './topics.ts'
import { type Verdict, judge } from './verdict.ts'
import { waitUntil } from './wait.ts'
import { Watch } from './watch.ts'

export interface RunOptions {
  readonly scenario: Scenario
  readonly cluster: Pick<KafkaCluster, 'bootstrap' | 'nodes'>
  /** How many inquiries, where the scenario does not say. */
  readonly inquiries: number
  /** Inquiries a second, in place of the scenario's own. */
  readonly rate?: number
  readonly adapterCommand: string
  /** Environment that adapter and API inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Folder for what adapter and API print. */
  readonly logs: string
  /** How long after its deadline a decision may be readable. @default 250 */
  readonly latenessMs?: number
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress { readonly sent: number, readonly decided: number, readonly total: number }

type Closers = Array<() => Promise<unknown>>

const SHARED_KEY_EVERY = 10
const PROGRESS_MS = 500
/** Decisions are awaited for so long after the last deadline. */
const DECISION_LIMIT_MS = 40_000
/** Time for what should not come any more, and for late answers. */
const SETTLE_MS = 2_500
const LEADERS_LIMIT_MS = 60_000

/** Runs one scenario from fresh topics to the verdict, and leaves nothing behind. */
export async function runScenario (options: RunOptions): Promise<Report> {
  const closers: Closers = []
  const over = new AbortController()
  const startedAt = performance.now()
  try {
    return await perform({ ...options, signal: AbortSignal.any([options.signal, over.signal]) }, closers)
  } catch (error) {
    options.signal.throwIfAborted()
    return brokenOff(options, { error, seconds: (performance.now() - startedAt) / 1e3 })
  } finally {
    over.abort()
    for (const close of closers.reverse()) await close().catch((error: unknown) => console.error('While closing:', error))
  }
}

async function perform (options: RunOptions, closers: Closers): Promise<Report> {
  const startedAt = performance.now()
  const { scenario, signal } = options
  const run = `${scenario.name}-${randomBytes(3).toString('hex')}`
  const { topics, reader, driver, stage } = await prepare({ ...options, run, closers })
  const watch = new Watch({ reader, topics, deadLetters: scenario.poisonShare !== undefined })
  closers.push(() => watch.close())
  const progress = reportProgress(options, { driver, watch })
  closers.push(progress.close)

  const extra = await send({ ...options, run, driver, stage, topics })
  await untilDecided({ sent: [...driver.sent, ...extra], watch, signal })
  await sleep(SETTLE_MS, undefined, { signal })
  const apiInquiries = await stage.api.inquiries?.()
  await stage.close()

  const log = await readInquiryLog({ reader, topic: topics.inquiries, sent: [...driver.sent, ...extra] })
  const results: ResultRecord[] = []
  await reader.readAll(topics.results, record => results.push(readResult(record)))
  const deadLetters: DeadLetter[] = []
  await reader.readAll(topics.deadLetters, record => deadLetters.push(readDeadLetter(record, number => log.headers.get(number) ?? [])))
  let lateAnswers = 0
  await reader.readAll(topics.late, () => lateAnswers++)

  const verdict = judge({ sent: log.sent, results, deadLetters, outages: stage.outages, ...(options.latenessMs !== undefined && { latenessMs: options.latenessMs }) })
  const failures = [
    ...failuresOf(verdict, scenario.requirements, { lateAnswers, apiInquiries }),
    ...(log.lost > 0 ? [`Kafka lost ${log.lost} inquiries`] : []),
    ...stage.faults
  ]
  if (failures.length > 0) writeExamples(join(options.logs, scenario.name, 'faults.json'), { verdict, sent: log.sent, results, outages: stage.outages })
  return {
    scenario,
    verdict,
    rate: options.rate ?? scenario.rate,
    lateAnswers,
    outages: stage.outages,
    restarts: stage.restarts,
    repeatedBySender: log.repeated,
    reader: reader.name,
    brokenOff: false,
    seconds: (performance.now() - startedAt) / 1e3,
    failures
  }
}

/** All that is known of some inquiries of each fault, for whoever looks for the cause. */
function writeExamples (file: string, { verdict, sent, results, outages }: { verdict: Verdict, sent: readonly SentRecord[], results: readonly ResultRecord[], outages: readonly Outage[] }): void {
  const examples = Object.entries(verdict.examples).flatMap(([fault, ids]) => ids.map(id => ({
    fault, sent: sent.find(record => record.id === id), results: results.filter(({ decision }) => decision?.id === id)
  })))
  writeFileSync(file, `${JSON.stringify({ outages, examples }, null, 2)}\n`)
}

/** What there is to say when a scenario could not be brought to its end: an adapter that does not start, for one. */
function brokenOff ({ scenario, rate = scenario.rate }: RunOptions, { error, seconds }: { error: unknown, seconds: number }): Report {
  const verdict = judge({ sent: [], results: [], deadLetters: [], outages: [] })
  const failures = [`broken off: ${error instanceof Error ? error.message : String(error)}`]
  return { scenario, verdict, rate, lateAnswers: 0, outages: [], restarts: 0, repeatedBySender: 0, reader: '', seconds, brokenOff: true, failures }
}

/** Starts everything but the adapters. */
async function prepare ({ scenario, cluster, adapterCommand, environment, signal, run, closers, ...options }: RunOptions & { run: string, closers: Closers }) {
  const { bootstrap } = cluster
  const { timeoutMs, stub } = scenario
  const logs = join(options.logs, scenario.name)
  mkdirSync(logs, { recursive: true })
  const total = scenario.inquiries ?? options.inquiries

  const admin = await TopicAdmin.connect({ bootstrap, signal })
  closers.push(() => admin.close())
  const topics = await admin.create(run)
  closers.push(() => admin.remove(topics))
  const reader = await ResultsReader.open({ bootstrap, signal })
  const api = scenario.api === 'real'
    ? await startRealApi({ environment, logFile: join(logs, 'api.log'), signal })
    : await startStubApi({ signal, ...(stub && { behaviour: stub }) })
  closers.push(() => api.kill())

  const make = inquiryMaker({ ...scenario, run, sharedKeyEvery: SHARED_KEY_EVERY, answersKnown: answersAreKnown(scenario) })
  const rate = scenario.rate === Infinity ? Infinity : options.rate ?? scenario.rate
  const driver = await Driver.connect({ bootstrap, topic: topics.inquiries, total, rate, timeoutMs, make, signal, ...(scenario.backdateMs !== undefined && { backdateMs: scenario.backdateMs }) })
  closers.push(() => driver.close())

  let launched = 0
  const stage = new Stage({
    api,
    cluster,
    progress: () => driver.sent.length / total,
    untilSent: async share => await driver.untilSent(share),
    leader: async () => await admin.leaderOf(topics.results),
    untilWorksWithout: async broker => await waitUntil(async () => await admin.worksWithout(broker, topics), { what: 'new leaders', limitMs: LEADERS_LIMIT_MS, signal, everyMs: 100 }),
    launchAdapter: async () => await AdapterProcess.launch({
      command: adapterCommand,
      environment,
      settings: { ...adapterSettings({ bootstrap, run, topics }), INQUIRY_TIMEOUT_MS: String(timeoutMs), CLASSIFY_URL: api.url, ...scenario.settings },
      logFile: join(logs, `adapter-${++launched}.log`),
      signal
    }),
    signal
  })
  closers.push(() => stage.close())
  return { topics, reader, driver, stage }
}

/** Sends the inquiries while the scenario breaks things. Returns what was sent beside the driver. */
async function send ({ scenario, cluster, signal, run, driver, stage, topics }: RunOptions & { run: string, driver: Driver, stage: Stage, topics: Topics }): Promise<SentRecord[]> {
  const { adapters = 1, rate, act, compressed = false, timeoutMs } = scenario
  if (rate === Infinity) await driver.run()
  for (let count = 0; count < adapters; count++) await stage.addAdapter()
  if (rate === Infinity) return []
  stage.supervise()
  const [, extra] = await Promise.all([
    driver.run(),
    compressed ? driver.untilSent(0.5).then(async () => await sendCompressed({ bootstrap: cluster.bootstrap, topic: topics.inquiries, run, firstNumber: driver.total, timeoutMs, answersKnown: answersAreKnown(scenario), signal })) : [],
    act?.(stage)
  ])
  return extra
}

function answersAreKnown ({ api, stub }: Scenario): boolean {
  return api === 'stub' && stub?.fickle !== true
}

/** Waits until everything is decided, and for no longer than makes sense: what is missing then is missing. */
async function untilDecided ({ sent, watch, signal }: { sent: readonly SentRecord[], watch: Watch, signal: AbortSignal }): Promise<void> {
  const isSettled = ({ id, outcome, number }: SentRecord) => (id === undefined || watch.hasDecided(id)) && (outcome !== 'invalid' || watch.hasDeadLetter(number))
  const giveUpAt = sent.reduce((latest, { deadline }) => Math.max(latest, deadline), Date.now()) + DECISION_LIMIT_MS
  let rest = sent
  while (rest.length > 0 && Date.now() < giveUpAt) {
    await sleep(100, undefined, { signal })
    rest = rest.filter(record => !isSettled(record))
  }
}

function adapterSettings ({ bootstrap, run, topics }: { bootstrap: string, run: string, topics: Topics }): Record<string, string> {
  return {
    KAFKA_BROKERS: bootstrap,
    CONSUMER_GROUP: run,
    INQUIRY_TOPIC: topics.inquiries,
    RESULT_TOPIC: topics.results,
    LATE_TOPIC: topics.late,
    DEAD_LETTER_TOPIC: topics.deadLetters
  }
}

function reportProgress ({ onProgress }: RunOptions, { driver, watch }: { driver: Driver, watch: Watch }): { close: () => Promise<void> } {
  const timer = setInterval(() => onProgress?.({ sent: driver.sent.length, decided: watch.decided, total: driver.total }), PROGRESS_MS)
  return { async close () { clearInterval(timer) } }
}
