import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { loadTokenizer } from '../api/inference/tokenizer.ts'
import { startStubApi } from '../conformance/stub-api.ts'
import { fetchByAlias, openModelStore } from '../model-store/open.ts'
import { KafkaBed, type Passage, type Topics } from './kafka-bed.ts'
import { makeLoad, startAdapter, startService } from './service.ts'
import { median, quantile, withSpread } from './statistics.ts'
import { benchmarkTexts } from './texts.ts'

const HELP = `Usage: npm run bench:adapter -- [options]

Measures the Kafka adapter on a real broker (needs Java, Maven and kcat). Times are of the broker's clock; steady loads
begin with two seconds that do not count.

  --rounds N      rounds of API alone and API behind Kafka in turn (default 3)
  --seconds N     length of each steady load (default 15)
  --memory N      inquiries of the memory run (default 100000)
  --only PART     overhead, throughput, backlog, idle, memory or deadline`

const RATE = 50
const STUB_LATENCY_MS = 10
const CONNECTIONS = [8, 32, 128]
const THROUGHPUT_INQUIRIES = 4_000
const BACKLOG = 50_000
const HANG_RATE = 500
const HANG_TIMEOUT_MS = 2_000
const IDLE_MS = 20_000
const STEPS = 10
const WARM_UP_MS = 2_000
const LIMIT_MS = 300_000
/** Longer than any run here: nothing expires. */
const NEVER_MS = '3600000'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '15' },
    memory: { type: 'string', default: '100000' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})
if (values.help) console.log(HELP)
else await main()

async function main (): Promise<void> {
  const { directory, manifest } = await fetchByAlias(openModelStore('file:model-store/models'), 'inquiry-classifier', 'production')
  const texts = await benchmarkTexts(await loadTokenizer({ directory, ...manifest.input }))
  const rounds = Number(values.rounds)
  const durationMs = Number(values.seconds) * 1e3
  const bed = await KafkaBed.start()
  const parts = {
    overhead: async () => await measureOverhead(bed, texts, rounds, durationMs),
    throughput: async () => await measureThroughput(bed, texts, rounds, durationMs),
    backlog: async () => await measureBacklog(bed, texts, rounds),
    deadline: async () => await measureDeadline(bed, texts, durationMs),
    idle: async () => await measureIdle(bed),
    memory: async () => await measureMemory(bed, texts, Number(values.memory))
  }
  try {
    for (const [name, measure] of Object.entries(parts)) if (values.only === undefined || values.only === name) await measure()
  } finally {
    await bed.close()
  }
}

/**
 * Decision time at a steady rate, beside the API's own at the same rate: of the service, and of a stub that answers after
 * ten milliseconds, where the processor is not the question.
 */
async function measureOverhead (bed: KafkaBed, texts: readonly string[], rounds: number, durationMs: number): Promise<void> {
  const service = await startService()
  const stub = await startStubApi({ signal: AbortSignal.timeout(LIMIT_MS), behaviour: { latencyMs: STUB_LATENCY_MS } })
  const apis = { service: `${service.origin}/classify`, stub: stub.url }
  try {
    for (const [name, url] of Object.entries(apis)) {
      const rows = { api50: [] as number[], api99: [] as number[], more50: [] as number[], more99: [] as number[] }
      for (let round = 0; round < rounds; round++) {
        const { api, decision } = await decisionTimes(bed, texts, url, durationMs)
        rows.api50.push(quantile(api, 0.5))
        rows.api99.push(quantile(api, 0.99))
        rows.more50.push(quantile(decision, 0.5) - quantile(api, 0.5))
        rows.more99.push(quantile(decision, 0.99) - quantile(api, 0.99))
      }
      console.log(`Overhead over the ${name} at ${RATE} inquiries/s, ms: API alone p50 ${withSpread(rows.api50, 1)}, p99 ${withSpread(rows.api99, 1)}; inquiry appended to decision appended: p50 + ${withSpread(rows.more50, 1)}, p99 + ${withSpread(rows.more99, 1)}\n`)
    }
  } finally {
    await service.stop()
    await stub.kill()
  }
}

/** Milliseconds of each reply of the API alone, and from each inquiry to its decision. */
async function decisionTimes (bed: KafkaBed, texts: readonly string[], url: string, durationMs: number): Promise<{ api: number[], decision: number[] }> {
  const { origin } = new URL(url)
  await makeLoad({ kind: 'open', origin, texts, ratePerSecond: RATE, deadlineMs: 10_000, durationMs: WARM_UP_MS })
  const { replies } = await makeLoad({ kind: 'open', origin, texts, ratePerSecond: RATE, deadlineMs: 10_000, durationMs })
  const topics = await bed.createTopics()
  const adapter = await startAdapter({ ...topics.environment, CLASSIFY_URL: url })
  const passages = await steadyPassages(bed, topics, { texts, ratePerSecond: RATE, durationMs }).finally(async () => await adapter.stop())
  return { api: replies.map(({ ms }) => ms), decision: passages.map(({ inquiryAt, resultAt }) => resultAt - inquiryAt) }
}

/** Sends inquiries at a steady rate to an adapter that has run for a while. @returns those after the warm-up */
async function steadyPassages (bed: KafkaBed, topics: Topics, { texts, ratePerSecond, durationMs }: { texts: readonly string[], ratePerSecond: number, durationMs: number }): Promise<Passage[]> {
  const warmUp = await bed.sendSteadily(topics, texts, ratePerSecond, WARM_UP_MS)
  await bed.untilDecided(topics, warmUp, LIMIT_MS)
  const warmUntil = Date.now() // the broker's clock is this machine's
  await bed.untilDecided(topics, warmUp + await bed.sendSteadily(topics, texts, ratePerSecond, durationMs), LIMIT_MS)
  return (await bed.passages(topics)).filter(({ inquiryAt }) => inquiryAt >= warmUntil)
}

/** Inquiries that wait in Kafka, decided as fast as API and adapter can, beside the API alone at its best. */
async function measureThroughput (bed: KafkaBed, texts: readonly string[], rounds: number, durationMs: number): Promise<void> {
  const service = await startService()
  const alone: number[] = []
  const behind: number[] = []
  const cpu: number[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const rates: number[] = []
      for (const connections of CONNECTIONS) {
        const { replies, elapsedMs } = await makeLoad({ kind: 'closed', origin: service.origin, texts, connections, limit: { durationMs: durationMs / CONNECTIONS.length } })
        rates.push(replies.filter(({ status }) => status === 200).length / elapsedMs * 1e3)
      }
      alone.push(Math.max(...rates))
      const topics = await bed.createTopics()
      await bed.sendAll(topics, texts, THROUGHPUT_INQUIRIES)
      const adapter = await startAdapter({ ...topics.environment, CLASSIFY_URL: `${service.origin}/classify`, INQUIRY_TIMEOUT_MS: NEVER_MS })
      const before = adapter.cpuSeconds()
      try {
        await bed.untilDecided(topics, THROUGHPUT_INQUIRIES, LIMIT_MS)
        cpu.push((adapter.cpuSeconds() - before) / THROUGHPUT_INQUIRIES * 1e6)
      } finally {
        await adapter.stop()
      }
      behind.push(perSecond(await bed.passages(topics)))
    }
  } finally {
    await service.stop()
  }
  console.log(`Throughput /s: API alone at its best ${withSpread(alone, 1)}, behind Kafka ${withSpread(behind, 1)}: ${withSpread(behind.map((rate, round) => rate / alone[round]!), 3)} of it; adapter's CPU an inquiry ${withSpread(cpu, 0)} µs\n`)
}

/** Inquiries that expired while nobody read them. */
async function measureBacklog (bed: KafkaBed, texts: readonly string[], rounds: number): Promise<void> {
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    const topics = await bed.createTopics('sender')
    await bed.sendAll(topics, texts, BACKLOG, Date.now() - 3_600_000)
    const adapter = await startAdapter(topics.environment)
    try {
      await bed.untilDecided(topics, BACKLOG, LIMIT_MS)
    } finally {
      await adapter.stop()
    }
    rates.push(perSecond(await bed.passages(topics)))
  }
  console.log(`Expired backlog of ${BACKLOG}: ${withSpread(rates, 0)} decisions/s\n`)
}

/** How exactly the deadline is kept while the API accepts requests and never answers; the breaker is off. */
async function measureDeadline (bed: KafkaBed, texts: readonly string[], durationMs: number): Promise<void> {
  const api = await startStubApi({ signal: AbortSignal.timeout(LIMIT_MS), behaviour: { reply: 'hang' } })
  const topics = await bed.createTopics()
  const adapter = await startAdapter({ ...topics.environment, CLASSIFY_URL: api.url, INQUIRY_TIMEOUT_MS: String(HANG_TIMEOUT_MS), BREAKER_ERROR_PERCENT: '0' })
  const passages = await steadyPassages(bed, topics, { texts, ratePerSecond: HANG_RATE, durationMs }).finally(async () => {
    await adapter.stop()
    await api.kill()
  })
  const after = passages.map(({ inquiryAt, resultAt }) => resultAt - inquiryAt - HANG_TIMEOUT_MS)
  console.log(`API hangs, ${HANG_RATE} inquiries/s: ${passages.filter(({ reason }) => reason === 'timeout').length} of ${passages.length} manual by timeout; appended p50 ${quantile(after, 0.5)}, p99 ${quantile(after, 0.99)}, at most ${Math.max(...after)} ms after the deadline, earliest ${Math.min(...after)}\n`)
}

async function measureIdle (bed: KafkaBed): Promise<void> {
  const topics = await bed.createTopics()
  const adapter = await startAdapter(topics.environment)
  try {
    await sleep(WARM_UP_MS)
    const before = adapter.cpuSeconds()
    await sleep(IDLE_MS)
    console.log(`Idle: ${((adapter.cpuSeconds() - before) / IDLE_MS * 1e5).toFixed(1)} % of a core, ${adapter.residentMb().toFixed(0)} MB resident\n`)
  } finally {
    await adapter.stop()
  }
}

/** Many inquiries, answered at once by a stub of the API, and the adapter's memory meanwhile. */
async function measureMemory (bed: KafkaBed, texts: readonly string[], total: number): Promise<void> {
  const api = await startStubApi({ signal: AbortSignal.timeout(2 * LIMIT_MS), behaviour: { latencyMs: 0 } })
  const topics = await bed.createTopics()
  const adapter = await startAdapter({ ...topics.environment, CLASSIFY_URL: api.url, INQUIRY_TIMEOUT_MS: NEVER_MS })
  const after: number[] = []
  try {
    for (let step = 1; step <= STEPS; step++) {
      await bed.sendAll(topics, texts, total / STEPS)
      await bed.untilDecided(topics, step * total / STEPS, LIMIT_MS)
      after.push(adapter.residentMb())
    }
  } finally {
    await adapter.stop()
    await api.kill()
  }
  const [start, half, end] = [after[0]!, after[STEPS / 2 - 1]!, after.at(-1)!]
  console.log(`Memory over ${total} inquiries: ${start.toFixed(0)} MB after a tenth, median ${median(after).toFixed(0)}, highest ${Math.max(...after).toFixed(0)}, ${end.toFixed(0)} MB at the end; growth over the last half ${(100 * (end / half - 1)).toFixed(1)} %\n`)
}

function perSecond (passages: readonly Passage[]): number {
  const times = passages.map(({ resultAt }) => resultAt)
  return (times.length - 1) / (Math.max(...times) - Math.min(...times)) * 1e3
}
