import type { KafkaMessage, ProducerRecord } from 'kafkajs'
import type { ClassifyOutcome } from '../../../adapter/classify/types.ts'
import { Assignments } from '../../../adapter/consume/assignments.ts'
import { resultPartitionOf } from '../../../adapter/consume/co-partition-assigner.ts'
import { Committer } from '../../../adapter/consume/committer.ts'
import { ResultsTail } from '../../../adapter/consume/results-tail.ts'
import { DecidedIds } from '../../../adapter/decide/decided-ids.ts'
import { InquiryFlow } from '../../../adapter/decide/inquiry-flow.ts'
import type { DecisionMessage } from '../../../openapi/index.ts'
import { classification, countedMetrics, failures, inquiryRecord, silent } from '../fakes.ts'
import { type VirtualClock } from '../virtual-clock.ts'

const INQUIRIES = 'inquiries'
const RESULTS = 'results'
const DEAD = 'dead'
const CATEGORIES = ['delivery', 'returns', 'tools', 'garden', 'paint', 'kitchen', 'lighting', 'heating']

const CHAOS_MS = 6_000
const HEALING_MS = 120_000

/** The same numbers for the same seed. */
export function randomOf (seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return { next, between, chance: (share: number) => next() < share, of: <Item>(items: readonly Item[]): Item => items[between(0, items.length - 1)]! }
}

export type Random = ReturnType<typeof randomOf>

interface Sent { readonly message: KafkaMessage, readonly id: string | undefined, readonly isPoison: boolean }
interface Stored { readonly message: KafkaMessage, readonly decision: DecisionMessage }

/** A cluster with the topics, its group and an API, all of which fail at random; members of the group come, go and stop. */
export class World {
  readonly random: Random
  readonly clock: VirtualClock
  readonly partitions: number
  readonly resultPartitions: number
  readonly timeoutMs: number
  readonly inquiries: Sent[][]
  readonly results: Stored[][]
  readonly firstResult: number
  readonly deadLetters = new Set<string>()
  readonly committed = new Map<number, { offset: number, metadata: string }>()
  members: Member[] = []
  generation = 0
  isCalm = false
  #outageUntil = 0
  #ids = 0
  /** What happened, for a seed that fails. */
  readonly story: string[] = []

  constructor (seed: number, clock: VirtualClock) {
    this.random = randomOf(seed)
    this.clock = clock
    const { random } = this
    this.partitions = random.between(1, 4)
    this.resultPartitions = random.between(1, this.partitions)
    this.timeoutMs = random.of([300, 1_500, 6_000])
    this.inquiries = Array.from({ length: this.partitions }, () => [])
    this.results = Array.from({ length: this.resultPartitions }, () => [])
    this.firstResult = random.of([0, 1_000])
  }

  tell (event: string): void { this.story.push(`${this.clock.now % 1e6} ${event}`) }

  /** Sends the next record: mostly new inquiries, some twice, some that cannot be read. */
  send (): void {
    const { random } = this
    const partition = random.between(0, this.partitions - 1)
    const log = this.inquiries[partition]!
    const offset = Number(log.at(-1)?.message.offset ?? random.between(0, 50)) + (random.chance(0.1) ? random.between(2, 9) : 1)
    const before = log.filter(({ id, isPoison }) => id !== undefined && !isPoison)
    const isRepetition = before.length > 0 && random.chance(0.08)
    const id = isRepetition ? random.of(before.slice(-8)).id! : `i${this.#ids++}`
    const isPoison = !isRepetition && random.chance(0.1)
    const value = isPoison ? random.of(['{', `{"id":"${id}"}`, '']) : JSON.stringify({ id, text: 'Wo ist mein Paket?' })
    const key = random.chance(0.2) ? `customer ${random.between(0, 2)}` : id
    const named = !isPoison || value.includes(id) || key === id
    log.push({ message: inquiryRecord({ offset, id, key, value, timestamp: this.clock.now - random.of([0, 0, 50, 20_000]) }), id: named ? id : undefined, isPoison })
  }

  beginOutage (ms: number): void {
    this.tell(`outage of ${ms}`)
    this.#outageUntil = this.clock.now + ms
  }

  get isOut (): boolean { return !this.isCalm && this.clock.now < this.#outageUntil }

  /** Members hear of the rebalance, and a moment later of what they have. */
  rebalance (): void {
    const { random } = this
    this.members = this.members.filter(({ isAlive }) => isAlive)
    const present = this.members.filter(({ isFrozen }) => !isFrozen)
    const generation = ++this.generation
    for (const member of present) {
      if (random.chance(0.7)) void member.committer.commit()
      member.mayWrite = false
    }
    const shares = new Map(present.map(member => [member, [] as number[]]))
    for (let partition = 0; partition < this.partitions; partition++) {
      const owner = present.find(member => member.assignments.partitions.some(({ number }) => number === partition))
      shares.get(owner && random.chance(0.6) ? owner : random.of(present))?.push(partition)
    }
    for (const [member, share] of shares) {
      setTimeout(() => {
        if (this.generation !== generation || member.isFrozen || !member.isAlive) return
        this.tell(`${member.name} has ${share}`)
        member.join(generation, share)
      }, random.between(1, 30))
    }
  }

  produce (member: Member, { topic, messages }: ProducerRecord): Promise<Array<{ topicName: string, partition: number, errorCode: number, baseOffset: string }>> {
    const { random } = this
    return new Promise((resolve, reject) => {
      const answer = (outcome: () => void, ms = random.between(1, 40)) => setTimeout(() => { if (member.isAlive) outcome() }, ms)
      if (!member.isAlive) return
      if (!member.mayWrite) return answer(() => reject(failures.closed()))
      if (this.isOut) return answer(() => reject(failures.closedAndUnreachable()))
      member.requests++
      const fate = this.isCalm ? 1 : random.next()
      setTimeout(() => {
        if (fate < 0.06) return answer(() => reject(failures.refused()))
        if (fate < 0.12) return answer(() => reject(random.of([failures.closed, failures.closedAndUnreachable])()))
        const partition = messages[0]!.partition ?? 0
        const baseOffset = topic === RESULTS ? this.#append(partition, messages) : 0
        if (topic === DEAD) for (const { headers } of messages) this.deadLetters.add(`${headers!['source-partition']}:${headers!['source-offset']}`)
        if (topic === RESULTS) this.tell(`${member.name} wrote ${partition}:${baseOffset} ${messages.map(({ value }) => { const { id, category, reason } = JSON.parse(String(value)); return `${id}=${category ?? reason}` })}${fate < 0.22 ? ' unacknowledged' : ''}`)
        if (fate < 0.22) return answer(() => reject(random.of([failures.closed, failures.timedOut, failures.closedAndUnreachable, () => failures.protocol('NOT_LEADER_FOR_PARTITION')])()), random.of([10, 500]))
        answer(() => resolve([{ topicName: topic, partition, errorCode: 0, baseOffset: String(baseOffset) }]))
      }, random.between(1, 40))
    })
  }

  commit (member: Member, offsets: Array<{ partition: number, offset: number, metadata: string }>): Promise<void> {
    const { random } = this
    return new Promise((resolve, reject) => {
      if (!member.isAlive) return
      setTimeout(() => {
        if (this.isOut || member.isFrozen || member.generation !== this.generation || (!this.isCalm && random.chance(0.1))) return reject(failures.closed())
        for (const { partition, offset, metadata } of offsets) {
          this.tell(`${member.name} commits ${partition}:${offset} ${metadata}`)
          this.committed.set(partition, { offset, metadata })
        }
        setTimeout(resolve, random.between(1, 20))
      }, random.between(1, 20))
    })
  }

  /** Whether everything that was sent is committed. */
  get isDone (): boolean {
    return this.inquiries.every((log, partition) => log.length === 0 || (this.committed.get(partition)?.offset ?? -1) === Number(log.at(-1)!.message.offset) + 1)
  }

  classify (deadline: number): Promise<ClassifyOutcome> {
    const { random } = this
    const outcome: ClassifyOutcome = random.chance(0.1)
      ? { kind: 'manual', reason: 'api_unavailable' }
      : random.chance(0.05) ? { kind: 'refused', code: 'ERR_INVALID' } : { kind: 'answer', answer: classification('x', random.of(CATEGORIES)) }
    const ms = random.of([2, 20, 100, 1_000, 60_000])
    const left = Math.max(0, deadline - this.clock.now)
    return new Promise(resolve => setTimeout(() => resolve(ms < left ? outcome : { kind: 'manual', reason: 'timeout' }), Math.min(ms, left)))
  }

  #append (partition: number, messages: ProducerRecord['messages']): number {
    const log = this.results[partition]!
    const base = this.firstResult + log.length
    for (const { key, value, headers } of messages) {
      const offset = String(this.firstResult + log.length)
      const message: KafkaMessage = { offset, key: key as Buffer | null, value: Buffer.from(value as string), timestamp: '0', attributes: 0, headers: headers ?? {} }
      log.push({ message, decision: JSON.parse(value as string) as DecisionMessage })
    }
    return base
  }
}

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
    const decided = new DecidedIds(10_000)
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
    this.#tail = new ResultsTail({ admin, member, groupId: 'g', inquiryTopic: INQUIRIES, resultTopic: RESULTS, decided, fallbackResults: 10_000, log: silent })
    this.assignments = new Assignments({ member, flow: this.flow, tail: this.#tail, inquiryTopic: INQUIRIES, maxInFlight: random.of([8, 500]), log: silent })
    this.committer = new Committer({ member, partitions: () => this.assignments.partitions, intervalMs: random.of([20, 500]), log: silent })
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
    this.generation = generation
    this.mayWrite = true
    this.#positions.clear()
    for (const partition of partitions) {
      this.#positions.set(`${INQUIRIES}:${partition}`, { position: this.#world.committed.get(partition)?.offset ?? 0, isPaused: true })
      this.#at(RESULTS, resultPartitionOf(partition, this.#world.resultPartitions)).isPaused = true
    }
    this.assignments.assign(partitions)
  }

  /** The process is gone; what it has on the wire arrives or not. */
  kill (): void {
    this.#world.tell(`${this.name} is killed`)
    this.isAlive = false
    this.mayWrite = false
    clearInterval(this.#poll)
    this.committer.close()
    this.assignments.close()
    void this.flow.close()
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
        const highWatermark = Number(log.at(-1)?.message.offset ?? -1) + 1
        for (const { message } of log.filter(({ message }) => Number(message.offset) >= state.position).slice(0, random.between(1, 20))) {
          if (!this.assignments.take(partition, message, highWatermark)) {
            state.isPaused = true
            break
          }
          state.position = Number(message.offset) + 1
        }
      } else {
        const found = results[partition]!.slice(Math.max(0, state.position - firstResult)).slice(0, random.between(1, 20))
        for (const { message } of found) this.#tail.onResult(message)
        state.position += found.length
        if (found.length > 0) this.#tail.onRead(partition, state.position)
      }
    }
  }
}

/** Lets a world go through its troubles, then leaves it alone until everything is done. */
export async function simulate (seed: number, clock: VirtualClock): Promise<World> {
  const world = new World(seed, clock)
  const { random } = world
  Math.random = randomOf(seed).next
  let names = 0
  const start = () => world.members.push(new Member(world, `m${names++}`))
  start()
  world.rebalance()

  const until = clock.now + CHAOS_MS
  while (clock.now < until) {
    await clock.advance(random.between(1, 250))
    const burst = random.of([0, 1, 3, 15])
    for (let count = 0; count < burst; count++) world.send()
    const event = random.next()
    const victim = random.of(world.members)
    if (event < 0.06) {
      victim.kill()
      if (world.members.every(({ isAlive }) => !isAlive)) start()
      setTimeout(() => world.rebalance(), random.between(1, 500))
    } else if (event < 0.10 && world.members.length < 3) {
      start()
      world.rebalance()
    } else if (event < 0.14) {
      world.rebalance()
    } else if (event < 0.18 && !victim.isFrozen) {
      victim.freeze()
      setTimeout(() => world.rebalance(), random.between(300, 600))
      setTimeout(() => {
        if (!victim.isAlive) return
        victim.thaw()
        world.rebalance()
      }, random.between(700, 3_000))
    } else if (event < 0.20) {
      world.beginOutage(random.of([100, 2_000, 7_000]))
    }
  }
  world.isCalm = true
  for (const member of world.members) member.thaw()
  await clock.advance(1_000)
  world.rebalance()
  await clock.until(() => world.isDone, HEALING_MS).catch(() => {})
  return world
}

/** What is wrong with how a world ended: lost, contradicted or unexplained records. */
export function problemsOf (world: World): string[] {
  const problems: string[] = []
  if (!world.isDone) problems.push('not everything is committed')
  for (const [partition, log] of world.inquiries.entries()) {
    for (const { id, isPoison, message } of log) {
      if (isPoison && !world.deadLetters.has(`${partition}:${message.offset}`)) problems.push(`${partition}:${message.offset} has no dead letter`)
      if (id === undefined) continue
      const results = world.results.flat().filter(({ decision }) => decision.id === id)
      if (results.length === 0) problems.push(`${partition}:${message.offset} ${id} has no decision`)
      // An id that is sent again after its decision was committed is forgotten when the process dies.
      const ofThis = new Set(results.filter(({ message: { headers } }) => String(headers!['source-offset']) === message.offset).map(({ message }) => String(message.value)))
      if (ofThis.size > 1) problems.push(`${partition}:${message.offset} ${[...ofThis].join(' ')}`)
    }
  }
  return problems
}
