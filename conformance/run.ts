import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendCompressed } from './compressed.ts'
import { readDeadLetter } from './dead-letter.ts'
import type { Driver } from './driver.ts'
import { readInquiryLog } from './inquiry-log.ts'
import type { KafkaProgram } from './kafka-program.ts'
import { sendNullHeaders } from './null-headers.ts'
import type { Outage } from './outage.ts'
import type { Report } from './report.ts'
import { failuresOf } from './requirements.ts'
import { type ResultRecord, readResult } from './result-record.ts'
import type { ResultsReader } from './results-reader.ts'
import type { SentRecord } from './sent-record.ts'
import { type Closers, type RunOptions, answersAreKnown, setUp } from './set-up.ts'
import type { Stage } from './stage.ts'
import type { TopicRecord } from './topic-record.ts'
import type { Topics } from './topics.ts'
import { type Verdict, judge } from './verdict.ts'
import { Watch } from './watch.ts'

const PROGRESS_MS = 500
/** Decisions are awaited for so long after the last deadline. */
const DECISION_LIMIT_MS = 40_000
/** Time for what should not come any more, and for late answers. */
const SETTLE_MS = 2_500

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
  const { run, topics, program, reader, driver, stage } = await setUp({ ...options, closers })
  const watch = new Watch({ reader, topics, deadLetters: scenario.poisonShare !== undefined })
  closers.push(() => watch.close())
  const progress = reportProgress(options, { driver, watch })
  closers.push(progress.close)

  const delay = monitorEventLoopDelay()
  delay.enable()
  closers.push(async () => delay.disable())
  const extra = await send({ ...options, run, opened: program, driver, stage, topics })
  const sent = [...driver.sent, ...extra]
  await untilDecided({ sent, watch, signal })
  await sleep(SETTLE_MS, undefined, { signal })
  const stallMs = delay.max / 1e6
  const apiInquiries = await stage.api.inquiries?.()
  await stage.close()

  // Nobody writes any more: all topics can be read at once.
  const [log, results, deadRecords, lateAnswers] = await Promise.all([
    readInquiryLog({ reader, topic: topics.inquiries, sent }),
    collect(reader, topics.results, readResult),
    collect(reader, topics.deadLetters, record => record),
    collect(reader, topics.late, () => undefined).then(answers => answers.length)
  ])
  const deadLetters = deadRecords.map(record => readDeadLetter(record, number => log.headers.get(number) ?? []))

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
    rate: driver.rate,
    lateAnswers,
    outages: stage.outages,
    restarts: stage.restarts,
    repeatedBySender: log.repeated,
    stallMs,
    reader: program.name,
    brokenOff: false,
    seconds: (performance.now() - startedAt) / 1e3,
    failures
  }
}

/** What each record of a topic is read as. */
async function collect<T> (reader: ResultsReader, topic: string, read: (record: TopicRecord) => T): Promise<T[]> {
  const found: T[] = []
  await reader.readAll(topic, record => found.push(read(record)))
  return found
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
  return { scenario, verdict, rate, lateAnswers: 0, outages: [], restarts: 0, repeatedBySender: 0, stallMs: 0, reader: '', seconds, brokenOff: true, failures }
}

/** Sends the inquiries while the scenario breaks things. Returns what was sent beside the driver. */
async function send ({ scenario, signal, run, opened, driver, stage, topics }: RunOptions & { run: string, opened: KafkaProgram, driver: Driver, stage: Stage, topics: Topics }): Promise<SentRecord[]> {
  const { adapters = 1, rate, act, byOther = false, timeoutMs } = scenario
  if (rate === Infinity) await driver.run()
  for (let count = 0; count < adapters; count++) await stage.addAdapter()
  if (rate === Infinity) return []
  stage.supervise()
  const sendByOther = async (): Promise<SentRecord[]> => {
    await driver.untilSent(0.5)
    const options = { program: opened, topic: topics.inquiries, run, timeoutMs, answersKnown: answersAreKnown(scenario), signal }
    const sent = await sendCompressed({ ...options, firstNumber: driver.total })
    return [...sent, ...await sendNullHeaders({ ...options, firstNumber: driver.total + sent.length })]
  }
  const [, extra] = await Promise.all([
    driver.run(),
    byOther ? sendByOther() : [],
    act?.(stage)
  ])
  return extra
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

function reportProgress ({ onProgress }: RunOptions, { driver, watch }: { driver: Driver, watch: Watch }): { close: () => Promise<void> } {
  const timer = setInterval(() => onProgress?.({ sent: driver.count, decided: watch.decided, total: driver.total }), PROGRESS_MS)
  return { async close () { clearInterval(timer) } }
}
