import type { StubBehaviour } from './api.ts'
import type { Requirements } from './requirements.ts'
import type { Stage } from './stage.ts'

/** One way in which something breaks. */
export interface Scenario {
  readonly name: string
  /** What is done, as the report's table says it. */
  readonly what: string
  readonly api: 'real' | 'stub'
  readonly brokers: 1 | 3
  /** Inquiries a second; Infinity: all at once, before an adapter starts. */
  readonly rate: number
  /** `INQUIRY_TIMEOUT_MS`: never so short that the fault itself makes lateness inevitable, unless Kafka is the fault. */
  readonly timeoutMs: number
  /** Adapters from the start. @default 1 */
  readonly adapters?: number
  /** How the stub answers while nothing is broken. */
  readonly stub?: StubBehaviour
  /** Further environment of the adapter. */
  readonly settings?: Readonly<Record<string, string>>
  /** How many inquiries, where it is not for the caller to say. */
  readonly inquiries?: number
  readonly poisonShare?: number
  /** Every so many inquiries, one asks for half the timeout by its header. */
  readonly ownDeadlineEvery?: number
  /** Inquiries are stamped so long before they are sent. */
  readonly backdateMs?: number
  /** Sends also what the driver's client cannot: batches of each codec of Kafka, headers without a value. */
  readonly byOther?: boolean
  readonly requirements: Requirements
  /** Breaks things while inquiries are sent, and mends them again. */
  readonly act?: (stage: Stage) => Promise<void>
}

/** Longer than Kafka's session timeout and the time to start an adapter. */
const PATIENT_MS = 20_000
const FALLBACK = ['timeout', 'api_unavailable'] as const
const answered = (from: number, to: number, atLeast: number) => ({ from, to, outcomes: ['answered'], atLeast } as const)
const fellBack = (from: number, to: number, atLeast: number) => ({ from, to, outcomes: FALLBACK, atLeast } as const)

/** The API is broken from the fourth to the seventh tenth of the run. */
const brokenBetween = (breakIt: (stage: Stage) => Promise<void>, mendIt: (stage: Stage) => Promise<void>) => async (stage: Stage) => {
  await stage.untilSent(0.3)
  await breakIt(stage)
  await stage.untilSent(0.7)
  await mendIt(stage)
}

const heal = async ({ api }: Stage) => await api.behave!({})

/** Slow enough that inquiries are with the API when an adapter dies; who asks twice gets another answer. */
const TELLING: StubBehaviour = { latencyMs: 20, spreadMs: 200, fickle: true }

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'healthy',
    what: 'nothing breaks',
    api: 'real',
    brokers: 1,
    rate: 100,
    timeoutMs: 10_000,
    requirements: { parts: [answered(0, 1, 0.9)] }
  },
  {
    name: 'api-hangs',
    what: 'the API takes requests and answers none for four tenths of the run',
    api: 'stub',
    brokers: 1,
    rate: 200,
    timeoutMs: 2_000,
    ownDeadlineEvery: 20,
    requirements: { parts: [answered(0, 0.2, 0.9), fellBack(0.31, 0.45, 0.9), answered(0.9, 1, 0.8)] },
    act: brokenBetween(async ({ api }) => await api.behave!({ reply: 'hang' }), heal)
  },
  {
    name: 'api-fails',
    what: 'the API answers 500 for four tenths of the run',
    api: 'stub',
    brokers: 1,
    rate: 200,
    timeoutMs: 2_000,
    ownDeadlineEvery: 20,
    requirements: { parts: [answered(0, 0.2, 0.9), fellBack(0.35, 0.6, 0.9), answered(0.9, 1, 0.8)] },
    act: brokenBetween(async ({ api }) => await api.behave!({ reply: 'fail' }), heal)
  },
  {
    name: 'api-killed',
    what: 'the API is killed and started again after 3 s',
    api: 'real',
    brokers: 1,
    rate: 100,
    timeoutMs: 10_000,
    requirements: { parts: [answered(0, 0.2, 0.9), answered(0.9, 1, 0.8)] },
    async act (stage) {
      await stage.untilSent(0.3)
      await stage.api.kill()
      await stage.pause(3_000)
      await stage.api.start()
    }
  },
  {
    name: 'api-slow',
    what: 'the API answers one second after the deadline for four tenths of the run',
    api: 'stub',
    brokers: 1,
    rate: 200,
    timeoutMs: 2_000,
    settings: { CLASSIFY_CONCURRENCY: '256' },
    requirements: { parts: [answered(0, 0.2, 0.9), fellBack(0.31, 0.65, 0.9), answered(0.9, 1, 0.8)], lateAnswers: 1 },
    act: brokenBetween(async ({ api }) => await api.behave!({ latencyMs: 3_000 }), heal)
  },
  {
    name: 'adapter-killed',
    what: 'the adapter is killed and started again, three times',
    api: 'stub',
    brokers: 1,
    rate: 60,
    timeoutMs: PATIENT_MS,
    stub: TELLING,
    requirements: { parts: [answered(0, 1, 0.9)] },
    async act (stage) {
      for (const share of [0.2, 0.45, 0.7]) {
        await stage.untilSent(share)
        await stage.adapters.at(-1)!.kill()
        await stage.addAdapter()
        await stage.pause(3_000) // to take over and work
      }
    }
  },
  {
    name: 'adapter-frozen',
    what: 'the adapter is frozen (SIGSTOP) for 10 s',
    api: 'stub',
    brokers: 1,
    rate: 150,
    timeoutMs: PATIENT_MS,
    stub: TELLING,
    requirements: { parts: [answered(0, 1, 0.9)] },
    async act (stage) {
      await stage.untilSent(0.2)
      const [adapter] = stage.adapters
      adapter!.pause()
      await stage.pause(10_000)
      adapter!.resume()
    }
  },
  {
    name: 'zombie',
    what: 'of two adapters one is frozen for 12 s, the other takes over, the first wakes',
    api: 'stub',
    brokers: 1,
    rate: 100,
    timeoutMs: PATIENT_MS,
    adapters: 2,
    stub: { latencyMs: 100, spreadMs: 400, fickle: true },
    requirements: { parts: [answered(0, 1, 0.9)] },
    async act (stage) {
      await stage.untilSent(0.2)
      const [adapter] = stage.adapters
      adapter!.pause()
      await stage.pause(12_000)
      adapter!.resume()
    }
  },
  {
    name: 'adapters-join-and-leave',
    what: 'a second adapter joins and leaves (ended and killed in turn) every few seconds',
    api: 'stub',
    brokers: 1,
    rate: 100,
    timeoutMs: PATIENT_MS,
    stub: TELLING,
    requirements: { parts: [answered(0, 1, 0.9)] },
    async act (stage) {
      await stage.untilSent(0.1)
      for (let turn = 0; stage.progress() < 0.9; turn++) {
        const adapter = await stage.addAdapter()
        await stage.pause(2_500)
        await (turn % 2 === 0 ? adapter.kill() : stage.endAdapter(adapter))
        await stage.pause(1_000)
      }
    }
  },
  {
    name: 'broker-killed',
    what: 'the broker is killed and started again',
    api: 'stub',
    brokers: 1,
    rate: 100,
    timeoutMs: 5_000,
    requirements: { parts: [answered(0, 0.2, 0.9), answered(0.97, 1, 0.8)] },
    async act (stage) {
      const [broker] = stage.cluster.nodes
      await stage.untilSent(0.3)
      await stage.outage({
        recoveryMs: 10_000,
        async silence () {
          await broker!.kill()
          await stage.pause(2_000)
        },
        async restore () { await broker!.start() }
      })
    }
  },
  {
    name: 'broker-frozen',
    what: 'the broker is frozen (SIGSTOP) for 8 s',
    api: 'stub',
    brokers: 1,
    rate: 120,
    timeoutMs: 5_000,
    requirements: { parts: [answered(0, 0.2, 0.9), answered(0.97, 1, 0.8)] },
    async act (stage) {
      const [broker] = stage.cluster.nodes
      await stage.untilSent(0.3)
      await stage.outage({
        recoveryMs: 5_000,
        async silence () {
          broker!.pause()
          await stage.pause(8_000)
        },
        async restore () { broker!.resume() }
      })
    }
  },
  {
    name: 'poison',
    what: '5 % of the records cannot be read; others come compressed with each codec, or with headers that have no value',
    api: 'real',
    brokers: 1,
    rate: 100,
    timeoutMs: 10_000,
    poisonShare: 0.05,
    byOther: true,
    requirements: { parts: [answered(0, 1, 0.9)] }
  },
  {
    name: 'backlog',
    what: 'inquiries that expired before the adapter starts',
    api: 'stub',
    brokers: 1,
    rate: Infinity,
    timeoutMs: 5_000,
    inquiries: 20_000,
    backdateMs: 60_000,
    requirements: { parts: [{ from: 0, to: 1, outcomes: ['timeout'], atLeast: 1 }], apiUntouched: true }
  },
  {
    name: 'leader-killed',
    what: 'three brokers; the one that leads a result partition is killed, and started again later',
    api: 'stub',
    brokers: 3,
    rate: 100,
    timeoutMs: 10_000,
    requirements: { parts: [answered(0, 0.2, 0.9), answered(0.9, 1, 0.8)] },
    async act (stage) {
      await stage.untilSent(0.3)
      const leader = await stage.leader()
      const broker = stage.cluster.nodes.find(({ id }) => id === leader)!
      await stage.outage({
        // The broker may be the group's coordinator too: then kafkajs reads on only 11 s after there is a new one.
        recoveryMs: 15_000,
        async silence () { await broker.kill() },
        async restore () { await stage.untilWorksWithout(leader) }
      })
      await stage.untilSent(0.8)
      await broker.start()
    }
  }
]
