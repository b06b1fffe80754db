import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { KafkaCluster } from '../scripts/kafka/cluster.ts'
import { AdapterProcess } from './adapter-process.ts'
import { Driver } from './driver.ts'
import { inquiryMaker } from './inquiries.ts'
import { type ProgramName, openProgram } from './kafka-program.ts'
import { startRealApi } from './real-api.ts'
import { ResultsReader } from './results-reader.ts'
import type { Scenario } from './scenarios.ts'
import { Stage } from './stage.ts'
import { startStubApi } from './stub-api.ts'
import { PARTITIONS, TopicAdmin, type Topics } from './topics.ts'

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
  /** Client that reads the topics. @default kcat where it is installed */
  readonly program?: ProgramName
  /** Folder for what adapter and API print, and examples of faults; each scenario has its own, emptied first. */
  readonly logs: string
  /** How long after its deadline a decision may be readable. @default 250 */
  readonly latenessMs?: number
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress { readonly sent: number, readonly decided: number, readonly total: number }

/** What has to be closed, last things first. */
export type Closers = Array<() => Promise<unknown>>

const SHARED_KEY_EVERY = 10

/** Starts everything but the adapters. */
export async function setUp ({ scenario, cluster, adapterCommand, environment, signal, closers, ...options }: RunOptions & { closers: Closers }) {
  const { bootstrap } = cluster
  const run = `${scenario.name}-${randomBytes(3).toString('hex')}`
  const { timeoutMs, stub } = scenario
  const logs = join(options.logs, scenario.name)
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs, { recursive: true })
  const total = scenario.inquiries ?? options.inquiries

  const admin = await TopicAdmin.connect({ bootstrap, signal })
  closers.push(() => admin.close())
  const topics = await admin.create(run)
  closers.push(() => admin.remove(topics))
  const program = await openProgram(bootstrap, options.program)
  const reader = new ResultsReader({ program, signal })
  const api = scenario.api === 'real'
    ? await startRealApi({ environment, logFile: join(logs, 'api.log'), signal })
    : await startStubApi({ signal, ...(stub && { behaviour: stub }) })
  closers.push(() => api.kill())

  const make = inquiryMaker({ ...scenario, run, sharedKeyEvery: SHARED_KEY_EVERY, answersKnown: answersAreKnown(scenario) })
  const rate = scenario.rate === Infinity ? Infinity : options.rate ?? scenario.rate
  const driver = await Driver.connect({ bootstrap, topic: topics.inquiries, partitions: PARTITIONS, total, rate, timeoutMs, make, signal, ...(scenario.backdateMs !== undefined && { backdateMs: scenario.backdateMs }) })
  closers.push(() => driver.close())

  let launched = 0
  const stage = new Stage({
    api,
    cluster,
    progress: () => driver.count / total,
    untilSent: async share => await driver.untilSent(share),
    leader: async () => await admin.leaderOf(topics.results),
    untilWorksWithout: async broker => await admin.untilWorksWithout(broker, topics),
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
  return { run, topics, program, reader, driver, stage }
}

/** Whether the decision on each text is known beforehand. */
export function answersAreKnown ({ api, stub }: Scenario): boolean {
  return api === 'stub' && stub?.fickle !== true
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
