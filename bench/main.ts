import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { loadTokenizer } from '../api/inference/tokenizer.ts'
import { fetchByAlias, openModelStore } from '../model-store/open.ts'
import { type RawEngineResult, runRawEngine } from './raw-engine.ts'
import { measureOverload } from './overload.ts'
import { makeLoad, startService } from './service.ts'
import { measureMemory } from './memory.ts'
import { median, quantile, withSpread } from './statistics.ts'
import { benchmarkTexts } from './texts.ts'
import { measureVersions } from './versions.ts'

const HELP = `Usage: npm run bench -- [options]

Measures the service over HTTP beside the raw engine, on the same texts and cores, in one run.

  --rounds N      rounds of raw engine and service in turn (default 3)
  --seconds N     length of each measurement (default 8)
  --memory N      also send N requests and watch resident memory (50000 for the release figure)
  --only PART     throughput, overload, memory or versions
  --versions A,B  versions that are compared on one thread, one inquiry at a time (default previous and production)`

const NAME = 'inquiry-classifier'
const VERSION_ROUNDS = 40
const CONNECTIONS = [1, 8, 32, 128]

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    memory: { type: 'string', default: '0' },
    only: { type: 'string' },
    versions: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})
if (values.help) console.log(HELP)
else await main()

async function main (): Promise<void> {
  const store = openModelStore(process.env.MODEL_STORE_URL ?? 'file:model-store/models')
  const model = await fetchByAlias(store, NAME, 'production')
  const { manifest, directory } = model
  const tokenizer = await loadTokenizer({ directory, ...manifest.input })
  const texts = await benchmarkTexts(tokenizer)
  const lengths = texts.map(text => tokenizer.encode(text).tokens)
  const cores = availableParallelism()
  console.log(`${manifest.name} ${manifest.version}, Node ${process.version}, ${cores} cores; ${texts.length} texts, ${median(lengths)} tokens in the middle, ${quantile(lengths, 0.9)} at 90 %\n`)
  const durationMs = Number(values.seconds) * 1e3
  const task = { directory, input: manifest.input, outputName: manifest.output.name, texts, durationMs }
  const part = (name: string) => values.only === undefined || values.only === name

  if (part('versions')) {
    const { previous, production } = await store.aliases(NAME)
    const versions = values.versions?.split(',') ?? [previous, production].filter(version => version !== undefined)
    await measureVersions(store, NAME, versions, VERSION_ROUNDS)
  }
  if (part('throughput')) await measureThroughput(task, cores, Number(values.rounds))
  if (part('overload')) await measureOverload(texts, durationMs)
  if (Number(values.memory) > 0 && part('memory')) await measureMemory(texts, Number(values.memory))
}

async function measureThroughput (task: Omit<Parameters<typeof runRawEngine>[1], 'threads'>, cores: number, rounds: number): Promise<void> {
  const raw: RawEngineResult[] = []
  const single: RawEngineResult[] = []
  const wide: RawEngineResult[] = []
  const service = new Map(CONNECTIONS.map(connections => [connections, [] as Array<{ throughput: number, p50: number, p99: number, cpu: number, loadCpu: number, health: number }>]))
  const starts: number[] = []
  for (let round = 0; round < rounds; round++) {
    single.push(await runRawEngine(1, { ...task, threads: 1 }))
    wide.push(await runRawEngine(1, { ...task, threads: cores }))
    raw.push(await runRawEngine(cores, { ...task, threads: 1 }))
    const running = await startService()
    starts.push(running.startMs)
    try {
      await makeLoad({ kind: 'closed', origin: running.origin, texts: task.texts, connections: 8, limit: { durationMs: 2_000 } })
      for (const connections of CONNECTIONS) {
        const cpuBefore = running.cpuSeconds()
        const { replies, health, elapsedMs, cpuSeconds } = await makeLoad({ kind: 'closed', origin: running.origin, texts: task.texts, connections, limit: { durationMs: task.durationMs } })
        const answered = replies.filter(({ status }) => status === 200)
        if (answered.length < replies.length) console.log(`${replies.length - answered.length} of ${replies.length} requests failed at ${connections} connections`)
        const times = answered.map(({ ms }) => ms)
        service.get(connections)!.push({
          throughput: answered.length / elapsedMs * 1e3,
          p50: quantile(times, 0.5),
          p99: quantile(times, 0.99),
          cpu: (running.cpuSeconds() - cpuBefore) / answered.length * 1e3,
          loadCpu: cpuSeconds / answered.length * 1e3,
          health: quantile(health, 0.99)
        })
      }
    } finally {
      await running.stop()
    }
  }
  const column = <Row, Key extends keyof Row>(rows: Row[], key: Key) => rows.map(row => row[key] as number)
  const ratios = (rows: number[], to: number[]) => rows.map((value, round) => value / to[round]!)
  console.log('Median of the rounds (lowest–highest); ratios are taken round by round.\n')
  console.log('| | per second | of raw | p50 ms | p99 ms | CPU s / 1,000 | of raw | load generator CPU s / 1,000 | /health/live p99 ms |\n|---|---|---|---|---|---|---|---|---|')
  const rawRow = (title: string, rows: RawEngineResult[]) => console.log(`| ${title} | ${withSpread(column(rows, 'throughput'), 1)} | ${withSpread(ratios(column(rows, 'throughput'), column(raw, 'throughput')), 3)} | ${withSpread(column(rows, 'p50'), 2)} | | ${withSpread(column(rows, 'cpuPerThousand'), 2)} | ${withSpread(ratios(column(rows, 'cpuPerThousand'), column(raw, 'cpuPerThousand')), 3)} | | |`)
  rawRow(`raw, ${cores} × 1 thread`, raw)
  rawRow('raw, 1 × 1 thread', single)
  rawRow(`raw, 1 × ${cores} threads`, wide)
  for (const [connections, rows] of service) {
    console.log(`| service, ${connections} connections | ${withSpread(column(rows, 'throughput'), 1)} | ${withSpread(ratios(column(rows, 'throughput'), column(raw, 'throughput')), 3)} | ${withSpread(column(rows, 'p50'), 2)} | ${withSpread(column(rows, 'p99'), 1)} | ${withSpread(column(rows, 'cpu'), 2)} | ${withSpread(ratios(column(rows, 'cpu'), column(raw, 'cpuPerThousand')), 3)} | ${withSpread(column(rows, 'loadCpu'), 2)} | ${withSpread(column(rows, 'health'), 1)} |`)
  }
  console.log(`\nService p50 at 1 connection minus raw single p50: ${withSpread(service.get(1)!.map(({ p50 }, round) => p50 - single[round]!.p50), 2)} ms`)
  console.log(`Start to ready: ${withSpread(starts, 0)} ms\n`)
}
