import { Assignments } from '../../../../adapter/consume/assignments.ts'
import { resultPartitionOf } from '../../../../adapter/consume/co-partition-assigner.ts'
import { Committer } from '../../../../adapter/consume/committer.ts'
import { ResultsTail } from '../../../../adapter/consume/results-tail.ts'
import { DecidedIds } from '../../../../adapter/decide/decided-ids.ts'
import { InquiryFlow } from '../../../../adapter/decide/inquiry-flow.ts'
import { countedMetrics, failures, silent } from '../../fakes.ts'
import { DEAD, INQUIRIES, RESULTS, type World } from './world.ts'

/** One process of the adapter, of the real parts except for Kafka and the API. */
export class Member {
  readonly name: string
  readonly assignments: Assignments
  readonly committer: Committer
  readonly flow: InquiryFlow
  isAlive = true
  /** Stopped: it neither reads nor writes, and the group has given it up. */
  isFrozen = false
  mayWrite = false
  generation = 0
  /** Produce requests that were put on the wire. */
  requests = 0
  readonly #world: World
  readonly #tail: ResultsTail
  readonly #positions = new Map<string, { position: number, isPaused: boolean }>()
  readonly #poll: NodeJS.Timeout

  constructor (world: World, name: string) {
    const { random } = world
    this.#world = world
    this.name = name
    const decided = new DecidedIds(random.of([20, 10_000]), decision => this.assignments.mayReplay(decision))
    this.flow = new InquiryFlow({
      config: { INQUIRY_TIMEOUT_MS: world.timeoutMs, MAX_RECORD_BYTES: 10_000, CLASSIFY_CONCURRENCY: random.of([2, 16]), INQUIRY_TOPIC: INQUIRIES, RESULT_TOPIC: RESULTS, LATE_TOPIC: 'late', DEAD_LETTER_TOPIC: DEAD },
      client: { classify: async (_inquiry, { deadline }) => await world.classify(deadline) },
      producer: { send: async record => await world.produce(this, record) },
      decided,
      mayWrite: () => this.mayWrite,
      requestsSent: () => this.requests,
      settled: partition => this.assignments.settled(partition),
      metrics: countedMetrics(),
      log: silent
    })
    const member = {
      seek: (topic: string, partition: number, offset: number) => { this.#at(topic, partition).position = offset },
      pause: (topic: string, partitions: number[]) => { for (const each of partitions) this.#at(topic, each).isPaused = true },
      resume: (topic: string, partitions: number[]) => { for (const each of partitions) this.#at(topic, each).isPaused = false },
      commit: async (offsets: Array<{ partition: number, offset: number, metadata: string }>) => await world.commit(this, offsets)
    }
    const admin = {
      connect: async () => {},
      disconnect: async () => {},
      fetchOffsets: async () => {
        await this.#roundTrip()
        const partitions = world.inquiries.map((_log, partition) => ({ partition, offset: String(world.committed.get(partition)?.offset ?? -1), metadata: world.committed.get(partition)?.metadata ?? null }))
        return [{ topic: INQUIRIES, partitions }]
      },
      fetchTopicOffsets: async () => {
        await this.#roundTrip()
        return world.results.map((log, partition) => {
          const high = String(world.firstResult + log.length)
          return { partition, offset: high, high, low: String(world.firstResult) }
        })
      }
    }
    this.#tail = new ResultsTail({ admin, member, groupId: 'g', inquiryTopic: INQUIRIES, resultTopic: RESULTS, decided, fallbackResults: 10_000, duplicate: () => {}, log: silent })
    this.assignments = new Assignments({ member, flow: this.flow, tail: this.#tail, inquiryTopic: INQUIRIES, maxInFlight: random.of([8, 500]), commitSoon: () => this.committer.commitSoon(), log: silent })
    this.committer = new Committer({ member, partitions: () => this.assignments.partitions, committed: partition => this.assignments.committed(partition), intervalMs: random.of([20, 500]), log: silent })
    this.#poll = setInterval(() => this.#read(), 7)
  }

  /** SIGSTOP: what it has on the wire arrives; by the time it goes on its lease is over. */
  freeze (): void {
    this.#world.tell(`${this.name} stops`)
    this.isFrozen = true
    this.mayWrite = false
  }

  thaw (): void {
    if (this.isFrozen) this.#world.tell(`${this.name} goes on`)
    this.isFrozen = false
  }

  join (generation: number, partitions: number[]): void {
    const isContinuous = this.generation > 0 && generation - this.generation <= 1
    this.generation = generation
    this.mayWrite = true
    this.#positions.clear()
    for (const partition of partitions) {
      this.#positions.set(`${INQUIRIES}:${partition}`, { position: this.#world.committed.get(partition)?.offset ?? 0, isPaused: true })
      this.#at(RESULTS, resultPartitionOf(partition, this.#world.resultPartitions)).isPaused = true
    }
    this.assignments.assign(partitions, isContinuous)
  }

  /** The process is gone; what it has on the wire arrives or not. */
  kill (): void {
    this.#world.tell(`${this.name} is killed`)
    this.isAlive = false
    this.mayWrite = false
    clearInterval(this.#poll)
    this.committer.close()
    this.assignments.close()
    this.flow.close().catch(() => {})
  }

  #at (topic: string, partition: number): { position: number, isPaused: boolean } {
    const key = `${topic}:${partition}`
    const existing = this.#positions.get(key)
    if (existing) return existing
    const created = { position: 0, isPaused: true }
    this.#positions.set(key, created)
    return created
  }

  async #roundTrip (): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, this.#world.random.between(1, 20)))
    if (!this.isAlive) await new Promise(() => {})
    if (this.isFrozen || this.#world.isOut) throw failures.closed()
  }

  #read (): void {
    const { random, inquiries, results, firstResult, isOut } = this.#world
    if (isOut || this.isFrozen) return
    for (const [key, state] of this.#positions) {
      if (state.isPaused || random.chance(0.3)) continue
      const [topic, number] = key.split(':') as [string, string]
      const partition = Number(number)
      if (topic === INQUIRIES) {
        const log = inquiries[partition]!
        const batch = log.filter(({ message }) => Number(message.offset) >= state.position).slice(0, random.between(1, 20))
        // A new leader may not know yet that what comes after is replicated.
        const end = Number((random.chance(0.2) ? batch : log).at(-1)?.message.offset ?? -1) + 1
        for (const { message } of batch) {
          if (!this.assignments.take(partition, message, end)) {
            state.isPaused = true
            break
          }
          state.position = Number(message.offset) + 1
        }
      } else {
        const found = results[partition]!.slice(Math.max(0, state.position - firstResult)).slice(0, random.between(1, 20))
        for (const { message } of found) this.#tail.onResult(message, partition)
        state.position += found.length
        if (found.length > 0) this.#tail.onRead(partition, state.position)
      }
    }
  }
}
